/// The parts that pages are made of, so that all of them look alike.
extension HTMLText {
    /// The first thing to read: a word, and what it means.
    public mutating func verdict(_ word: PageCell, _ summary: String) {
        element("div", ["class": "verdict \(word.tone.rawValue)"]) { page in
            page.element("strong", word.text)
            page.element("p", summary)
        }
    }

    /// Names and values.
    public mutating func facts(_ facts: [(String, PageCell)]) {
        element("dl") { page in
            for (name, cell) in facts {
                page.newline()
                page.element("dt", name)
                page.element("dd", ["class": cell.tone.rawValue]) { $0.write(cell) }
            }
        }
    }

    /// - Parameter style: a class of the style sheet.
    public mutating func table(_ table: PageTable, style: String? = nil) {
        let numeric = table.headings.indices.map { column in table.rows.first.map { $0[column].isNumber } ?? false }
        element("table", style.map { ["class": $0] } ?? [:]) { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for (heading, isNumber) in zip(table.headings, numeric) {
                        page.element("th", ["scope": "col", "class": isNumber ? "number" : "plain"], heading)
                    }
                }
            }
            page.element("tbody") { page in
                for row in table.rows {
                    page.newline()
                    page.element("tr") { page in
                        for (heading, cell) in zip(table.headings, row) {
                            let name = cell.isNumber ? "\(cell.tone.rawValue) number" : cell.tone.rawValue
                            // On a narrow screen a row is a card, and each value stands beside its heading.
                            page.element("td", ["class": name, "data-label": heading]) { $0.write(cell) }
                        }
                    }
                }
            }
        }
    }

    private mutating func write(_ cell: PageCell) {
        // One element in a cell, so that the card's grid has two columns whatever the value is.
        element(cell.isCode ? "code" : "span") { page in
            if let link = cell.link {
                page.element("a", ["href": link], cell.text)
            } else {
                page.write(cell.text)
            }
        }
    }
}
