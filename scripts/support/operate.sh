# Parts of scripts/integration, which sources this: rules and dashboards in a real Prometheus and Alertmanager.

# The rules are valid, fire and stay silent as their tests say, and the dashboards are those that their sources make.
rules() {
    package prometheus || { skip rules "the package prometheus, with promtool, cannot be installed"; return 0; }
    promtool check rules dashboards/alerts.yml >"$work/rules.log" 2>&1 || fail "promtool check rules" "$work/rules.log"
    promtool test rules dashboards/alerts_test.yml >"$work/rules.log" 2>&1 || fail "promtool test rules" "$work/rules.log"
    say "promtool check rules, promtool test rules: $(grep -c 'alert: ' dashboards/alerts.yml) rules passed"
    command -v python3 >/dev/null || { skip "the dashboards' sources" "there is no python3"; return 0; }
    dashboards/generate --check || fail "dashboards/*.json are not those of dashboards/source"
    say "dashboards are those of dashboards/source"
}

# A fork reaches a webhook on both ways: through Prometheus' rules, and from the watcher directly, each by Alertmanager.
# Then the Prometheus is asked all that dashboards and rules ask.
operate() {
    command -v python3 >/dev/null || { skip operate "there is no python3"; return 0; }
    package prometheus || { skip operate "the package prometheus cannot be installed"; return 0; }
    package prometheus-alertmanager || { skip operate "the package prometheus-alertmanager cannot be installed"; return 0; }
    mkdir -p "$work/operate"
    local dir="$work/operate" prometheus_port alertmanager_port first second
    start_receiver "$dir"
    prometheus_port=$(free_port) alertmanager_port=$(free_port) first=$(free_port) second=$(free_port)
    start_server operate/north env
    local north=$server
    register "${north##*:}" alice
    start_server operate/south env
    local south=$server south_pid=${pids[-1]}
    for id in alice bob; do register "${south##*:}" "$id"; done
    for log in north south; do "$bin/nexo-watch" init "${!log}" --name "$log" >"$dir/$log.json" 2>/dev/null; done
    write_watch "$dir/first" "$first" "$second" "$alertmanager_port"
    write_watch "$dir/second" "$second" "$first" "$alertmanager_port"
    start_prometheus
    for name in first second; do
        "$bin/nexo-watch" check-config --config "$dir/$name/watch.yaml" >"$dir/check.log" 2>&1 ||
            fail "the configuration of $name" "$dir/check.log"
        "$bin/nexo-watch" run --config "$dir/$name/watch.yaml" >"$dir/$name.log" 2>&1 &
        pids+=("$!")
    done
    watch="http://127.0.0.1:$first"
    wait_for shows 'nexo_watch_head_tree_size{log="south"} 2' || fail "size 2 is not verified" "$dir/first.log"
    cp -r "$dir/south" "$dir/old"
    register "${south##*:}" carol
    wait_for shows 'nexo_watch_head_tree_size{log="south"} 3' || fail "size 3 is not verified" "$dir/first.log"
    # Nothing is told while nothing is wrong.
    [ ! -s "$dir/received" ] || fail "an alert was sent before the fork" "$dir/received"
    kill "$south_pid" && wait "$south_pid" 2>/dev/null || true
    rm -rf "$dir/south" "$dir/south.log" && mv "$dir/old" "$dir/south"
    "$bin/nexo-server" run --data "$dir/south" --host 127.0.0.1 --port "${south##*:}" 2>"$dir/south.log" &
    pids+=("$!")
    wait_for port_of "$dir/south.log" || fail "the server does not come back" "$dir/south.log"
    for id in mallory mallet; do register "${south##*:}" "$id"; done
    local began=$SECONDS
    wait_for received NexoSameSizeDifferentRoot "log=south rule=same-size-different-root severity=critical" ||
        fail "the watcher's own alert does not reach the webhook" "$dir/first.log"
    say "fork, watcher, Alertmanager, webhook: $((SECONDS - began)) s"
    wait_for received NexoWatchFork "instance=127.0.0.1:$first job=nexo-watch log=south severity=critical" ||
        fail "Prometheus' alert does not reach the webhook" "$dir/prometheus.log"
    say "fork, watcher, Prometheus, rule, Alertmanager, webhook: $((SECONDS - began)) s"
    received NexoWatchViolation "log=south" || wait_for received NexoWatchViolation "log=south" ||
        fail "NexoWatchViolation does not reach the webhook" "$dir/received"
    if received NexoWatchFork "log=north"; then fail "an alert tells of the wrong log" "$dir/received"; fi
    scripts/support/check-dashboards "http://127.0.0.1:$prometheus_port" >"$dir/queries" 2>&1 ||
        fail "queries of dashboards and rules" "$dir/queries"
    say "$(cat "$dir/queries")"
    spoil 's/nexo_watch_store_bytes{/nexo_watch_store_octets{/' watcher-health.json 'returns nothing'
    spoil 's/\[$__rate_interval\]/[$__rate_interva]/' watcher-health.json 'parse error'
    spoil 's/up{job=/nothing{job=/' reference-server.json 'returns nothing'
    spoil 's/- alert: NexoWatchFork$/- alert: NexoWatchFrok/; s/- alert: NexoWatchDown$//' alerts.yml 'rules are loaded'
    stop
}

# The check of the dashboards must fail on ones that are spoilt.
spoil() { # sed's command, file, what it must say
    mkdir -p "$dir/spoilt/scripts/support"
    cp scripts/support/check-dashboards "$dir/spoilt/scripts/support/"
    cp -r dashboards "$dir/spoilt/"
    sed -i "$1" "$dir/spoilt/dashboards/$2"
    if "$dir/spoilt/scripts/support/check-dashboards" "http://127.0.0.1:$prometheus_port" 0 >"$dir/queries" 2>&1; then
        fail "dashboards that were spoilt by $1 pass"
    fi
    grep -q "$3" "$dir/queries" || fail "dashboards that were spoilt by $1" "$dir/queries"
}

# Keeps the webhooks of Alertmanager: a line for each alert, of its state and its labels by name.
start_receiver() { # folder
    cat >"$1/receiver.py" <<'PYTHON'
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(sys.argv[1], "a") as file:
            for alert in message["alerts"]:
                labels = " ".join(f"{name}={value}" for name, value in sorted(alert["labels"].items()))
                file.write(f"{alert['status']} {labels}\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print('"port":"%d"' % server.server_port, flush=True)
server.serve_forever()
PYTHON
    python3 "$1/receiver.py" "$1/received" >"$1/receiver.log" 2>&1 &
    pids+=("$!")
    wait_for port_of "$1/receiver.log" || fail "the receiver's start did not happen" "$1/receiver.log"
}

# Whether the webhook had a firing alert of that name, with these labels among its own.
received() { # name, labels
    local lines label
    lines=$(grep "^firing alertname=$1 " "$dir/received" 2>/dev/null) || return 1
    for label in $2; do lines=$(grep -F " $label" <<<"$lines") || return 1; done
}

# A watcher of both logs with all that can be configured, so that each metric is there.
write_watch() { # folder, port, peer's port, Alertmanager's port
    mkdir -p "$1"
    "$bin/nexo-watch" keygen --name "watch.example/${1##*/}" --output "$1/watch.key" >/dev/null 2>&1 ||
        fail "keygen for $1"
    cat >"$1/watch.yaml" <<YAML
listen: 127.0.0.1:$2
interval: 1s
vantages:
  - {name: direct}
  - {name: other, headers: {X-Vantage: other}}
gossip: {key_file: watch.key, interval: 1s, peers: [{name: peer, url: "http://127.0.0.1:$3"}]}
alerts:
  sinks: [{name: am, alertmanager: {url: "http://127.0.0.1:$4", resend: 1s}}]
logs:
  - {name: north, url: "$north", trust: ../north.json, leaves: ../north/users.jsonl, max_head_age: 24h, watch: [alice]}
  - {name: south, url: "$south", trust: ../south.json, leaves: ../south/users.jsonl, max_head_age: 24h, watch: [alice]}
YAML
}

# Prometheus with our rules, and the Alertmanager that it tells.
start_prometheus() {
    cat >"$dir/prometheus.yml" <<YAML
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$PWD/dashboards/alerts.yml"]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:$alertmanager_port"]}]}]}
scrape_configs:
  - {job_name: nexo-watch, static_configs: [{targets: ["127.0.0.1:$first", "127.0.0.1:$second"]}]}
  - {job_name: nexo-server, static_configs: [{targets: ["${north#http://}", "${south#http://}"]}]}
YAML
    cat >"$dir/alertmanager.yml" <<YAML
route: {receiver: hook, group_by: ["..."], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:$(port_of "$dir/receiver.log")/"}]}]
YAML
    promtool check config "$dir/prometheus.yml" >"$dir/check.log" 2>&1 || fail "promtool check config" "$dir/check.log"
    amtool check-config "$dir/alertmanager.yml" >"$dir/check.log" 2>&1 || fail "amtool check-config" "$dir/check.log"
    prometheus-alertmanager --config.file="$dir/alertmanager.yml" --storage.path="$dir/alertmanager" \
        --web.listen-address="127.0.0.1:$alertmanager_port" --cluster.listen-address= >"$dir/alertmanager.log" 2>&1 &
    pids+=("$!")
    prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" \
        --web.listen-address="127.0.0.1:$prometheus_port" >"$dir/prometheus.log" 2>&1 &
    pids+=("$!")
    wait_for curl -sS --fail "http://127.0.0.1:$alertmanager_port/-/ready" ||
        fail "Alertmanager does not start" "$dir/alertmanager.log"
    wait_for curl -sS --fail "http://127.0.0.1:$prometheus_port/-/ready" ||
        fail "Prometheus does not start" "$dir/prometheus.log"
}
