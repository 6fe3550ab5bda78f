/// A list that has one element nearly always: the first is kept without an allocation.
struct Few<Element>: Sequence {
    private var first: Element?
    private var others: [Element] = []

    var isEmpty: Bool { first == nil }

    mutating func append(_ element: Element) {
        if first == nil { first = element } else { others.append(element) }
    }

    /// Changes the first element that is wanted, and says whether there is one.
    mutating func change(_ isWanted: (Element) -> Bool, by change: (inout Element) -> Void) -> Bool {
        if var element = first, isWanted(element) {
            change(&element)
            first = element
            return true
        }
        guard let index = others.firstIndex(where: isWanted) else { return false }
        change(&others[index])
        return true
    }

    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        others.removeAll(where: isUnwanted)
        if let element = first, isUnwanted(element) { first = others.popLast() }
    }

    struct Iterator: IteratorProtocol {
        fileprivate let few: Few
        private var position = 0

        fileprivate init(_ few: Few) { self.few = few }

        mutating func next() -> Element? {
            defer { position += 1 }
            if position == 0 { return few.first }
            return position <= few.others.count ? few.others[position - 1] : nil
        }
    }

    func makeIterator() -> Iterator { Iterator(self) }
}

extension Few: Sendable where Element: Sendable {}
