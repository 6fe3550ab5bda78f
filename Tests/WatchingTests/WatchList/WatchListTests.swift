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

    /// A named id has its place, however many others came before it.
    @Test func placesOfNames() {
        var book = KeyBook(WatchList(["boss", "*"], limit: 3), baseline: 0)
        func note(_ id: String, key: UInt8 = 1) -> KeyBook.Note? {
            let registration = Registration(
                id: JSONText(id), publicKey: [UInt8](repeating: key, count: 32), timestamp: 1)
            return book.note(registration, leaf: registration.leafHash, treeSize: 1)
        }
        #expect(note("a") != nil && note("b") != nil && note("c") == nil && note("c", key: 2) == nil)
        #expect(book.unfollowed == 2)
        #expect(
            note("boss")?.finding?.expected == "no key before" && note("a", key: 2) != nil && note("a", key: 2) == nil)
        #expect(book.keys.count == 3 && book.unfollowed == 2)
        #expect(KeyBook(book.list, baseline: 0, keys: book.keys).list.room(beside: book.keys.keys) == 0)
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
