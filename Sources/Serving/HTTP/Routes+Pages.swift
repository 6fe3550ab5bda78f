import HTTPTypes
import Hummingbird
import TransparencyLog

/// The pages for people, and the modules that they are made of.
extension Routes {
    /// Pages load only what we serve, and talk only to us and to the watchers that are configured. Styles and scripts stand
    /// in files of their own, so that text which slips into a page runs nothing.
    private var policy: String {
        let asked = (["'self'"] + settings.watchers.map { "\($0)/gossip/v1/" }).joined(separator: " ")
        return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src \(asked); "
            + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
    }

    private static let html = "text/html; charset=utf-8"
    private static let module = "text/javascript; charset=utf-8"

    /// By their path below /ui.
    private static let files: [String: (bytes: [UInt8], type: String)] = [
        "chat": (PackageResources.chat_html, html), "audit": (PackageResources.audit_html, html),
        "admin": (PackageResources.admin_html, html), "style.css": (PackageResources.style_css, "text/css"),
        "chat.js": (PackageResources.chat_js, module), "audit.js": (PackageResources.audit_js, module),
        "admin.js": (PackageResources.admin_js, module), "lib/api.js": (PackageResources.api_js, module),
        "lib/e2ee.js": (PackageResources.e2ee_js, module), "lib/merkle.js": (PackageResources.merkle_js, module),
        "lib/page.js": (PackageResources.page_js, module), "lib/ws.js": (PackageResources.ws_js, module),
        "lib/gossip.js": (PackageResources.gossip_js, module), "lib/notes.js": (PackageResources.notes_js, module),
        "lib/watchers.js": (PackageResources.watchers_js, module),
    ]

    func addPages(to router: Router<ServerContext>) {
        router.get("/") { _, _ in
            // Relative, so that it holds below a path prefix too.
            Response(status: .temporaryRedirect, headers: [.location: "ui/audit"])
        }
        router.get("ui/watchers.json") { request, _ in
            let watchers = JSONValue.object([
                JSONMember("watchers", .array(settings.watchers.map { .string($0) }))
            ])
            return Answer.tagged(request, watchers.bytes(), type: "application/json", cache: "no-cache")
        }
        let policy = policy
        router.get("ui/**") { request, context in
            guard let file = Self.files[context.parameters.getCatchAll().joined(separator: "/")] else {
                return Answer.detail(.notFound, "there is no such page")
            }
            var answer = Answer.tagged(request, file.bytes, type: file.type, cache: "no-cache")
            answer.headers[.contentSecurityPolicy] = policy
            return answer
        }
    }
}
