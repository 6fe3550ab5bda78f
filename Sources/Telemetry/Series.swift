/// The numbers of one family under one set of labels.
protocol Series: AnyObject, Sendable {
    /// Its lines, each with a newline; empty while there is nothing to say.
    ///
    /// - Parameter name: of the family, as the format wants it.
    func render(name: String, labels: LabelSet, _ exposition: Exposition) -> String
}
