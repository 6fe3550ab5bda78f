/// A list that has one element nearly always: the first is kept without an allocation.
struct Few<Element> {
    private var first: Element?
    private var others: [Element] = []

    var isEmpty: Bool { first == nil }

    mutating func append(_ element: Element) {
        if first == nil { first = element } else { others.append(element) }
    }

    /// Changes the first element that answers, and says whether there is one.
    mutating func change(where isWanted: (Element) -> Bool, _ change: (inout Element) -> Void) -> Bool {
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

    func forEach(_ body: (Element) -> Void) {
        guard let first else { return }
        body(first)
        for element in others { body(element) }
    }
}

extension Few: Sendable where Element: Sendable {}
