import Pages

extension ComplianceReport {
    /// Ends in a newline. The charts are the HTML form's alone.
    public func markdown() -> String {
        let document = ReportDocument(self)
        var lines = [
            "# \(Markdown.escape(document.title))", "",
            "**\(document.verdict.text)**: \(Markdown.escape(document.summary))",
        ]
        for block in document.blocks {
            switch block {
            case .section(let title):
                if title != ReportDocument.chartSection { lines += ["", "## \(Markdown.escape(title))"] }
            case .paragraph(let text): lines += ["", Markdown.escape(text)]
            case .facts(let facts):
                lines.append("")
                for (name, cell) in facts { lines.append("- \(Markdown.escape(name)): \(Markdown.cell(cell))") }
            case .table(let table):
                lines += ["", Markdown.row(table.headings.map(Markdown.escape))]
                lines.append(Markdown.rule(table))
                lines += table.rows.map { Markdown.row($0.map(Markdown.cell)) }
            case .chart: break
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// The little of CommonMark and its tables that a report needs.
private enum Markdown {
    /// Text that stands for itself, whatever it holds: names and messages come from the log.
    static func escape(_ text: String) -> String {
        // By scalars: a mark that combines with what stands before it makes one character of both, and hides that.
        var escaped = String.UnicodeScalarView()
        for scalar in Printable.text(text).unicodeScalars {
            if "\\`*_[]<>|~&#@".unicodeScalars.contains(scalar) { escaped.append("\\") }
            // Else a renderer would make a link of an address that the log chose.
            if scalar == "/", escaped.last == ":" { escaped.append("\\") }
            if scalar == ".", String(escaped.suffix(3)).lowercased() == "www" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }

    static func cell(_ cell: ReportDocument.Cell) -> String {
        let isPlain = cell.text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
        }
        if cell.isCode, isPlain { return "`\(cell.text)`" }
        return cell.tone == .bad ? "**\(escape(cell.text))**" : escape(cell.text)
    }

    static func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }

    static func rule(_ table: ReportDocument.Table) -> String {
        row(
            table.headings.indices.map { column in
                table.rows.first.map { $0[column].isNumber } ?? false ? "--:" : "---"
            })
    }
}
