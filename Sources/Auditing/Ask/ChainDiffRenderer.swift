import Pages
public import TransparencyLog

/// The form that people read, ending in a newline.
extension ChainDiff {
    public func text() -> String {
        var lines = [sentence]
        if let lastCommon {
            lines.append(
                "  in common: \(inCommon) head\(inCommon == 1 ? "" : "s"), the last of size \(lastCommon.treeSize), "
                    + "hash \(lastCommon.hash) (lines \(lastCommon.lines[0]) and \(lastCommon.lines[1]))")
        }
        if meetAgain > 0 { lines.append("  in common again behind it: \(meetAgain)") }
        for file in files.indices { lines.append("  only in \(name(file)): \(rests[file].text)") }
        for clash in clashes {
            lines.append("  \(clash.rule.rawValue): \(clash.text)")
            let both = clash.signedBoth
            lines.append(
                "    \(name(0)) line \(clash.lines[0]): size \(clash.known[0].treeSize), hash \(clash.known[0].hash)")
            lines.append(
                "    \(name(1)) line \(clash.lines[1]): size \(clash.known[1].treeSize), hash \(clash.known[1].hash)")
            lines.append(
                "    signed both: \(both.isEmpty ? "none" : Printable.text(both.joined(separator: ", "), limit: .max))")
        }
        if clashesCut { lines.append("  there are more contradictions than these \(clashes.count)") }
        for (file, finding) in malformed { lines.append("  \(name(file)): \(Printable.text(finding.text))") }
        for file in files.indices where malformedCounts[file] > 0 {
            lines.append("  \(name(file)): \(malformedCounts[file]) lines could not be read and were passed over")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func name(_ file: Int) -> String { Printable.text(files[file], limit: .max) }

    private var sentence: String {
        let (first, second) = (name(0), name(1))
        if !clashes.isEmpty { return "\(first) and \(second) contradict each other: the log shows two histories" }
        return switch relation {
        case .same: "\(first) and \(second) are the same chain"
        case .firstWithinSecond: within(first, second, 1)
        case .secondWithinFirst: within(second, first, 0)
        case .overlap: "\(first) and \(second) overlap, and agree where they do"
        case .part: "\(first) and \(second) part, but no signatures prove a contradiction"
        case .nothingInCommon: "\(first) and \(second) have no head in common, and cannot be compared"
        }
    }

    /// - Parameter larger: the copy that has more.
    private func within(_ small: String, _ large: String, _ larger: Int) -> String {
        rests[larger].before == 0 && meetAgain == 0
            ? "\(small) is the beginning of \(large)" : "\(small) is a part of \(large)"
    }
}

extension ChainDiff.Rest {
    var text: String {
        guard let smallest, let largest, count > 0 else { return "none" }
        let heads = "\(count) head\(count == 1 ? "" : "s") of size \(smallest)"
        let sizes = smallest == largest ? heads : "\(heads) to \(largest)"
        return before == 0 ? sizes : "\(sizes), \(before) of them before the other begins"
    }
}

extension ChainDiff.Clash {
    public var rule: Rule {
        switch contradiction {
        case .sameSizeDifferentRoot: .sameSizeDifferentRoot
        case .branch: .branch
        }
    }

    /// The cosigners who signed both heads, sorted.
    public var signedBoth: [String] {
        guard let first = known.first else { return [] }
        return known.dropFirst().reduce(first.signers) { $0.intersection($1.signers) }.sorted()
    }

    var text: String {
        switch contradiction {
        case .sameSizeDifferentRoot: "two signed roots of size \(known[0].treeSize)"
        case .branch: "two heads with a quorum continue the head \(known[0].predecessor)"
        }
    }
}
