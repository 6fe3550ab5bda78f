import Pages
import TransparencyLog

/// The frame of a page: head, navigation and foot. All addresses are relative, so that a proxy may serve it below a path.
struct SitePage {
    let title: String
    /// The way from this page up to the site's root: empty, or `../`.
    let root: String
    /// The last part of the navigation, where it is not the title.
    var place: String?
    /// Seconds after which a browser loads the page again.
    var refresh: Int?

    func html(_ body: (inout HTMLText) -> Void) -> String {
        var page = HTMLText()
        page.raw("<!DOCTYPE html>\n")
        page.element("html", ["lang": "en"]) { page in
            page.element("head") { page in
                page.open("meta", ["charset": "utf-8"])
                page.open("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                if let refresh { page.open("meta", ["http-equiv": "refresh", "content": String(refresh)]) }
                page.element("title", "\(title) – NEXO Watch")
                page.open("link", ["rel": "stylesheet", "href": "\(root)style.css"])
                page.open("link", ["rel": "icon", "type": "image/svg+xml", "href": "\(root)icon.svg"])
            }
            page.newline()
            page.element("body") { page in
                page.element("nav") { page in
                    page.element("a", ["href": root.isEmpty ? "./" : root], "All logs")
                    if let place { page.element("strong", place) }
                }
                page.newline()
                page.element("h1", title)
                body(&page)
                page.newline()
                page.element("footer") { page in
                    page.write("nexo-watch \(ToolVersion.current) · ")
                    let links = [
                        ("metrics", "metrics"), ("API", "api/v1/logs"), ("its description", "api/v1/openapi.yaml"),
                    ]
                    for (index, (name, address)) in links.enumerated() {
                        if index > 0 { page.write(" · ") }
                        page.element("a", ["href": root + address], name)
                    }
                }
            }
        }
        page.newline()
        return page.text
    }

    /// A heading of a section.
    static func section(_ title: String, in page: inout HTMLText) {
        page.newline()
        page.element("h2", title)
    }

    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#2f5fb3"/>\
        <circle cx="8" cy="8" r="3" fill="#fff"/></svg>
        """
}
