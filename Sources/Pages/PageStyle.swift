/// The style sheet of reports and of the status site: light and dark, narrow and wide, screen and paper.
public enum PageStyle {
    public static let sheet: StaticString = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6676; --page: #ffffff; --card: #f5f7fa;
          --line: #d7dde5; --good: #1a7440; --bad: #b3261e; --warn: #8a5a00; --mark: #2f5fb3; --mute: #9aa5b4; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3afbf; --page: #12161c;
          --card: #1b212a; --line: #333d4a; --good: #63c98b; --bad: #ff8a80; --warn: #e8b553; --mark: #82aaf2;
          --mute: #6c7888; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 3rem; background: var(--page);
          color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
        p { margin: .5rem 0; max-width: 48rem; }
        code { font: .85em/1.4 ui-monospace, "Liberation Mono", Menlo, monospace; overflow-wrap: anywhere; }
        .verdict { border: 1px solid var(--line); border-left: .4rem solid var(--soft); border-radius: .4rem;
          background: var(--card); padding: .8rem 1rem; overflow-wrap: anywhere; }
        .verdict p { margin: .2rem 0 0; max-width: none; }
        .verdict strong { text-transform: uppercase; letter-spacing: .06em; font-size: .85rem; }
        .verdict.good { border-left-color: var(--good); } .verdict.bad { border-left-color: var(--bad); }
        .verdict.warn { border-left-color: var(--warn); }
        .good strong, td.good, dd.good { color: var(--good); } .bad strong, td.bad, dd.bad { color: var(--bad); }
        .warn strong, td.warn, dd.warn { color: var(--warn); } td.muted, dd.muted { color: var(--soft); }
        td.good, td.bad, td.warn, dd.good, dd.bad, dd.warn { font-weight: 600; }
        dl { display: grid; grid-template-columns: minmax(10rem, max-content) 1fr; gap: .25rem 1.5rem; margin: .5rem 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .9rem; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
          border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        th { color: var(--soft); font-weight: 600; overflow-wrap: normal; }
        .number { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
        td.good, td.bad, td.warn, td.muted { overflow-wrap: normal; }
        td:first-child code { white-space: nowrap; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; margin: .75rem 0; }
        figure { margin: 0; border: 1px solid var(--line); border-radius: .4rem; padding: .75rem; background: var(--card);
          min-width: 0; }
        figcaption { font-weight: 600; font-size: .95rem; } figure p { font-size: .85rem; color: var(--soft); margin: 0; }
        svg { display: block; width: 100%; height: auto; margin-top: .5rem; }
        svg text { fill: var(--soft); font: 13px system-ui, "Liberation Sans", sans-serif; }
        .axis { stroke: var(--line); } .line { fill: none; stroke: var(--mark); stroke-width: 2; }
        .area { fill: var(--mark); opacity: .18; } .limit { stroke: var(--bad); stroke-dasharray: 5 4; }
        .fill-good { fill: var(--good); } .fill-bad { fill: var(--bad); } .fill-warn { fill: var(--warn); }
        .fill-muted { fill: var(--mute); } .fill-mark { fill: var(--mark); }
        footer { margin-top: 2.5rem; color: var(--soft); font-size: .85rem; }
        @media (max-width: 40rem) {
          svg text { font-size: 17px; } body { padding: 1rem .9rem 2rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
          table, tbody, tr, td { display: block; } thead { position: absolute; left: -200vw; }
          tr { border: 1px solid var(--line); border-radius: .4rem; background: var(--card); padding: .4rem .7rem;
            margin: .6rem 0; }
          td { border: 0; padding: .15rem 0; display: grid; grid-template-columns: 7.5rem 1fr; gap: .75rem; }
          td::before { content: attr(data-label); color: var(--soft); font-weight: 400; }
          td.number { text-align: left; } td:first-child code { white-space: normal; }
        }
        @media print {
          :root { --ink: #000000; --soft: #444444; --page: #ffffff; --card: #ffffff; --line: #bbbbbb; --good: #14592f;
            --bad: #9c1c15; --warn: #6b4600; --mark: #234a90; --mute: #999999; color-scheme: light; }
          body { max-width: none; padding: 0; font-size: 9.5pt; } h2 { break-after: avoid; }
          .charts { grid-template-columns: 1fr 1fr; } figure, tr, .verdict { break-inside: avoid; }
          thead { display: table-header-group; } * { print-color-adjust: exact; }
        }
        @page { margin: 16mm 14mm; }
        """
}
