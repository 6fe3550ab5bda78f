import Pages

/// What the site has beyond the pages of a report.
enum SiteStyle {
    static var sheet: String { "\(PageStyle.sheet)\n\(additions)\n" }

    private static let additions: StaticString = """
        a { color: var(--mark); } a:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
        nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .9rem; margin: 0 0 .75rem; }
        nav strong { color: var(--ink); }
        .pager { margin: .5rem 0 1rem; }
        .fork { table-layout: fixed; } .fork th:first-child { width: 8.5rem; } .fork th:last-child { width: 5.5rem; }
        .fork td.bad { font-weight: 400; } .fork td.bad code { background: color-mix(in srgb, var(--bad) 14%, transparent); }
        pre { margin: .5rem 0; padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line);
          border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
        .charts { grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
        .charts svg text { font-size: 17px; }
        @media (max-width: 40rem) {
          thead { left: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        }
        """
}
