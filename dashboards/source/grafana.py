"""The few things of Grafana's dashboard JSON that ours are made of."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
INSTANCE = 'job=~"$job", instance=~"$instance"'
RATE = "[$__rate_interval]"


def target(expr, legend="", table=False):
    made = {"datasource": DATASOURCE, "expr": expr, "legendFormat": legend or "__auto"}
    return made | ({"format": "table", "instant": True, "range": False} if table else {"range": True})


def panel(kind, title, description, unit, targets, width, height, options=None, defaults=None, **more):
    letters = "ABCDEFGHIJKLMNOP"
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": [one | {"refId": letter} for one, letter in zip(targets, letters, strict=False)],
        "gridPos": {"w": width, "h": height},
        "fieldConfig": {"defaults": {"unit": unit} | (defaults or {}), "overrides": more.pop("overrides", [])},
        "options": options or {},
    } | more


def series(title, description, unit, *targets, width=12, height=8, style=None, **more):
    """Curves over time."""
    custom = {"lineWidth": 1, "fillOpacity": 10, "showPoints": "never"} | (style or {})
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = {"min": 0, "custom": custom} | more.pop("defaults", {})
    return panel("timeseries", title, description, unit, list(targets), width, height, options, defaults, **more)


BARS = {"drawStyle": "bars", "fillOpacity": 60, "stacking": {"mode": "normal", "group": "A"}}


def stat(title, description, unit, *targets, width=4, height=4, steps=(), values=None, **more):
    """One number. `steps`: (from, colour), above a green that begins at nothing; `values`: what numbers are called."""
    thresholds = [{"color": "green", "value": None}] + [{"color": colour, "value": value} for value, colour in steps]
    defaults = {"thresholds": {"mode": "absolute", "steps": thresholds}} | more.pop("defaults", {})
    if values:
        options = {str(value): {"text": text, "color": colour} for value, (text, colour) in values.items()}
        defaults["mappings"] = [{"type": "value", "options": options}]
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value" if steps or values else "none",
        "graphMode": "none",
        "textMode": more.pop("text", "auto"),
    }
    return panel("stat", title, description, unit, list(targets), width, height, options, defaults, **more)


def quantiles(histogram):
    """Targets of half, 90 % and 99 % of what a histogram of seconds counts."""
    buckets = f"sum by (le) (rate({histogram}_bucket{{{INSTANCE}}}{RATE}))"
    names = {0.5: "half below", 0.9: "nine of ten below", 0.99: "99 of 100 below"}
    return [target(f"histogram_quantile({q}, {buckets})", name) for q, name in names.items()]


def is_up(title, description):
    return stat(
        title,
        description,
        "none",
        target(f"up{{{INSTANCE}}}", "{{instance}}"),
        values={0: ("DOWN", "red"), 1: ("up", "green")},
        text="value_and_name",
    )


def version(build_info):
    expr = f"max by (instance, version) ({build_info}{{{INSTANCE}}})"
    return stat("Version", "Of the running program.", "none", target(expr, "{{version}}"), text="name")


def row(title):
    return {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"w": 24, "h": 1}}


def variable(name, label, query):
    """A choice of label values, all of them at first."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def annotation(name, expr, title, colour):
    return {
        "name": name,
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": colour,
        "expr": expr,
        "titleFormat": title,
        "step": "60s",
        "useValueForTime": False,
    }


def place(panels):
    """Gives each panel its id and its place, line after line, as they come."""
    x = y = line = 0
    for number, one in enumerate(panels, 1):
        position = one["gridPos"]
        if x + position["w"] > 24:
            x, y, line = 0, y + line, 0
        one["id"] = number
        position |= {"x": x, "y": y}
        x, line = x + position["w"], max(line, position["h"])
    return panels


def dashboard(uid, title, description, variables, annotations, panels, links):
    source = {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "query": "prometheus",
        "current": {},
        "refresh": 1,
    }
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["nexo"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [source] + variables},
        "annotations": {"list": annotations},
        "links": (
            links + [{"type": "dashboards", "title": "NEXO", "tags": ["nexo"], "asDropdown": True, "keepTime": True}]
        ),
        "panels": place(panels),
    }


# Dashboards of the watcher know where its status site is: a link needs an address that a browser can open.
STATUS = {
    "type": "textbox",
    "name": "status",
    "label": "Status site",
    "query": "http://127.0.0.1:9464",
    "current": {"text": "http://127.0.0.1:9464", "value": "http://127.0.0.1:9464"},
}
STATUS_LINK = {
    "type": "link",
    "title": "Status site",
    "url": "${status}/",
    "targetBlank": True,
    "icon": "external link",
}
LOG_LINK = {
    "title": "The log on the status site",
    "url": "${status}/log/${__field.labels.log:percentencode}",
    "targetBlank": True,
}
