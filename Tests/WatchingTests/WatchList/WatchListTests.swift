import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

struct WatchListTests {
    @Test(
        arguments: [
            ("*", "", true), ("*", "any", true), ("**", "any", true), ("a*", "a", true), ("a*", "ba", false),
            ("*a", "ba", true), ("*a", "ab", false), ("a*a", "a", false), ("a*a", "aa", true), ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false), ("*ab*ab*", "abab", true), ("*ab*ab*", "aba", false), ("*@x", "alice@x", true),
            ("*@x", "alice@x ", false), ("*bc*c", "abcc", true), ("*bc*c", "abc", false),
            // One code point and two: equal as Swift's strings, and other bytes.
            ("*caf\u{E9}", "caf\u{E9}", true), ("*caf\u{E9}", "cafe\u{301}", false), ("*\u{301}", "cafe\u{301}", true),
        ])
    func patterns(pattern: String, id: String, matches: Bool) throws {
        #expect(try #require(IDPattern(pattern)).matches(Array(id.utf8)) == matches)
    }

    /// Against the plain definition, for all short patterns and ids of two letters.
    @Test func everyShortPattern() {
        func words(_ letters: String, _ length: Int) -> [[UInt8]] {
            (0..<length).reduce(into: [[[]]]) { words, _ in
                words.append((words.last ?? []).flatMap { word in letters.utf8.map { word + [$0] } })
            }.flatMap { $0 }
        }
        func matches(_ pattern: ArraySlice<UInt8>, _ id: ArraySlice<UInt8>) -> Bool {
            guard let first = pattern.first else { return id.isEmpty }
            if first == UInt8(ascii: "*") {
                return matches(pattern.dropFirst(), id) || (!id.isEmpty && matches(pattern, id.dropFirst()))
            }
            return id.first == first && matches(pattern.dropFirst(), id.dropFirst())
        }
        let ids = words("ab", 5)
        for text in words("ab*", 4) {
            guard let pattern = IDPattern(String(decoding: text, as: UTF8.self)) else {
                #expect(!text.contains(UInt8(ascii: "*")))
                continue
            }
            for id in ids where pattern.matches(id) != matches(text[...], id[...]) {
                Issue.record("\(String(decoding: text, as: UTF8.self)) and \(String(decoding: id, as: UTF8.self))")
            }
        }
    }

    @Test func whatIsTheSameList() {
        let list = WatchList(["a", "*b"], limit: 9).fingerprint
        #expect(WatchList(["*b", "a", "a"], limit: 9).fingerprint == list)
        #expect(WatchList(["a", "*b"], limit: 8).fingerprint != list)
        #expect(WatchList(["a", "*b", "c"], limit: 9).fingerprint != list)
        #expect(WatchList(["caf\u{E9}"], limit: 9).fingerprint != WatchList(["cafe\u{301}"], limit: 9).fingerprint)
    }

    private static func book(_ entries: [String], limit: Int, findings: Int = 100) -> KeyBook {
        KeyBook(WatchList(entries, limit: limit), baseline: 0, findings: findings)
    }

    private static func note(_ book: inout KeyBook, _ id: String, key: UInt8 = 1, size: UInt64 = 1) {
        let registration = Registration(
            id: JSONText(id), publicKey: [UInt8](repeating: key, count: 32), timestamp: 1)
        book.note(registration, leaf: registration.leafHash, treeSize: size)
    }

    /// A named id has its place, however many others came before it.
    @Test func placesOfNames() {
        var book = Self.book(["boss", "*"], limit: 3)
        for id in ["a", "b", "c", "c"] { Self.note(&book, id) }
        Self.note(&book, "boss")
        Self.note(&book, "a", key: 2)
        Self.note(&book, "a", key: 2)
        book.mark()
        let changes = book.takeMarked()
        #expect(changes.unfollowed == 2 && changes.told.count == 4 && changes.keys.count == 3 && book.keys.count == 3)
        #expect(book.list.room(beside: book.keys.keys) == 0)
        #expect(book.takeMarked().keys.isEmpty)
    }

    /// Of what is noted, that before the mark is taken; findings beyond the bound are counted, and no key is missed.
    @Test func whatIsTaken() {
        var book = Self.book(["a", "b"], limit: 2, findings: 3)
        Self.note(&book, "a", key: 1)
        book.mark()
        for key in UInt8(2)..<9 { Self.note(&book, "a", key: key, size: UInt64(key)) }
        let first = book.takeMarked()
        #expect(first.told.count == 1 && first.untold == 0 && first.keys.values.map(\.treeSize) == [1])
        book.mark()
        Self.note(&book, "b")
        let second = book.takeMarked()
        #expect(second.told.map(\.finding.treeSize) == [2, 3] && second.untold == 5)
        #expect(second.keys.values.map(\.treeSize) == [8] && book.keys.count == 2)
    }

    @Test func evidencePageByPage() async throws {
        try await SiteHarness.forked { harness, _, log in
            let store = try SQLiteStore(path: harness.store)
            let logID = try log.trust().logID
            let all = try await store.evidenceHashes(of: logID, after: nil, limit: 100)
            #expect(!all.isEmpty)
            var pages: [Digest] = []
            while true {
                let page = try await store.evidenceHashes(of: logID, after: pages.last, limit: 1)
                if page.isEmpty { break }
                pages += page
            }
            #expect(pages == all)
            #expect(try await store.evidenceHashes(of: "another", after: nil, limit: 100).isEmpty)
        }
    }
}
