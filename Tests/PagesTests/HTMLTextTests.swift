import Pages
import Testing

struct HTMLTextTests {
    @Test func everythingIsEscaped() {
        var page = HTMLText()
        page.element("a", ["href": "x\"><script>", "title": "'&'"], "<b>\u{0}\u{202E}")
        #expect(
            page.text == #"<a href="x&quot;&gt;&lt;script&gt;" title="&#39;&amp;&#39;">&lt;b&gt;\u{0}\u{202e}</a>"#)
    }

    @Test func longTextsAreCutAndCurvesAreNot() {
        var page = HTMLText()
        page.element("p", String(repeating: "x", count: 3_000))
        #expect(page.text == "<p>\(String(repeating: "x", count: 2_000))…</p>")
        var picture = HTMLText()
        SVGChart.area((0..<1_000).map { (Double($0), 5) }, base: 9, in: &picture)
        #expect(!picture.text.contains("…") && picture.text.contains(" 999,5 999,9\""))
    }

    @Test func aTableIsReadableOnANarrowScreen() {
        var page = HTMLText()
        page.table(
            PageTable(headings: ["Log", "Size"], rows: [[.link("eu", to: "log/eu"), .number(7)]]), style: "wide")
        #expect(
            page.text.hasPrefix(
                #"<table class="wide"><thead><tr><th scope="col" class="plain">Log</th>"#
                    + #"<th scope="col" class="number">Size</th>"#))
        #expect(page.text.contains(#"<td class="plain" data-label="Log"><span><a href="log/eu">eu</a></span></td>"#))
        #expect(page.text.contains(#"<td class="plain number" data-label="Size"><span>7</span></td>"#))
    }
}
