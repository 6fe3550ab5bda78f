import TransparencyLog

/// The description of the API, served at /api/v1/openapi.yaml; docs/watch-api.yaml is the same, and a test holds it, and
/// the answers, to it.
public enum OpenAPIDocument {
    public static let text = """
        openapi: 3.0.3
        info:
          title: NEXO Watch status
          version: "1"
          description: >-
            What nexo-watch knows of the logs that it watches; it only reads, but for heads that are submitted to
            /gossip/v1/heads. Times are seconds since 1970, hashes the base64 of 32 bytes unless a name says otherwise. Lists are paged: next_cursor, where it is not null, is the cursor of
            the next page. On loopback no token is asked for, unless one is configured.
        servers:
          - url: /
        security:
          - {}
          - bearer: []
        paths:
          /api/v1/logs:
            get:
              summary: All logs, those that need somebody first.
              operationId: logs
              responses:
                "200":
                  description: The logs.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Logs" }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /api/v1/logs/{log}:
            get:
              summary: One log, with the activity of its cosigners.
              operationId: log
              parameters:
                - $ref: "#/components/parameters/Log"
              responses:
                "200":
                  description: The log.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/LogDetail" }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /api/v1/logs/{log}/heads:
            get:
              summary: Signed heads of a log, the largest first; heads that no pinned cosigner signed are left out.
              operationId: heads
              parameters:
                - $ref: "#/components/parameters/Log"
                - name: tree_size
                  in: query
                  description: Only heads of this size.
                  schema: { type: integer, minimum: 0, maximum: 9007199254740991 }
                - name: cursor
                  in: query
                  description: The next_cursor of the page before.
                  schema: { type: string, pattern: "^[0-9]{1,18}-[0-9]{1,18}-[0-9]{1,18}$" }
                - $ref: "#/components/parameters/Limit"
              responses:
                "200":
                  description: A page of heads.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Heads" }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /api/v1/logs/{log}/findings:
            get:
              summary: Findings of a log, the newest first.
              operationId: logFindings
              parameters:
                - $ref: "#/components/parameters/Log"
                - name: rule
                  in: query
                  description: Only findings of this rule.
                  schema: { $ref: "#/components/schemas/Rule" }
                - $ref: "#/components/parameters/Cursor"
                - $ref: "#/components/parameters/Limit"
              responses:
                "200":
                  description: A page of findings.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Findings" }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /api/v1/findings:
            get:
              summary: Findings of all logs, the newest first.
              operationId: findings
              parameters:
                - $ref: "#/components/parameters/Cursor"
                - $ref: "#/components/parameters/Limit"
              responses:
                "200":
                  description: A page of findings.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Findings" }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /api/v1/alerts:
            get:
              summary: Alerts, the newest first.
              operationId: alerts
              parameters:
                - name: state
                  in: query
                  description: Open ones alone, or all that ever were.
                  schema: { type: string, enum: [open, all], default: open }
                - $ref: "#/components/parameters/Cursor"
                - $ref: "#/components/parameters/Limit"
              responses:
                "200":
                  description: A page of alerts.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Alerts" }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /evidence/{sha256}.json:
            get:
              summary: A file of evidence, byte for byte as it was made; nexo-audit evidence checks it.
              operationId: evidence
              parameters:
                - name: sha256
                  in: path
                  required: true
                  description: SHA-256 of the file, in lowercase hex.
                  schema: { type: string, pattern: "^[0-9a-f]{64}$" }
              responses:
                "200":
                  description: The file, of the format nexo-evidence/v1.
                  content:
                    application/json:
                      schema:
                        type: object
                        required: [format, kind, log, heads, equivocating, created, tool]
                "401": { $ref: "#/components/responses/PlainError" }
                "404": { $ref: "#/components/responses/PlainError" }
                "503": { $ref: "#/components/responses/PlainError" }
        \(gossipPaths)
        components:
          securitySchemes:
            bearer: { type: http, scheme: bearer }
          parameters:
        \(gossipParameters)
            Log:
              name: log
              in: path
              required: true
              description: The log's name in the configuration, or its log_id.
              schema: { type: string, pattern: "^[A-Za-z0-9._-]+$" }
            Cursor:
              name: cursor
              in: query
              description: The next_cursor of the page before.
              schema: { type: string, pattern: "^[0-9]{1,18}$" }
            Limit:
              name: limit
              in: query
              description: Entries of a page.
              schema: { type: integer, minimum: 1, maximum: 100, default: 20 }
          responses:
        \(gossipResponses)
            Error:
              description: Why there is no answer.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
            PlainError:
              description: Why there is no answer.
              content:
                text/plain:
                  schema: { type: string }
          schemas:
        \(gossipSchemas)
            Error:
              type: object
              additionalProperties: false
              required: [error]
              properties:
                error:
                  type: object
                  additionalProperties: false
                  required: [status, message]
                  properties:
                    status: { type: integer }
                    message: { type: string }
            Severity: { type: string, enum: [\(Severity.allCases.map(\.rawValue).joined(separator: ", "))] }
            Rule:
              type: string
              enum: [\(Rule.allCases.map(\.rawValue).joined(separator: ", "))]
            Health:
              type: string
              description: The worst that holds.
              enum: [\(LogHealth.allCases.map(\.rawValue).joined(separator: ", "))]
            Logs:
              type: object
              additionalProperties: false
              required: [logs]
              properties:
                logs:
                  type: array
                  items: { $ref: "#/components/schemas/Log" }
            Log:
              type: object
              additionalProperties: false
              required: [\(logMembers.joined(separator: ", "))]
              properties: &members
                name: { type: string }
                log_id: { type: string, pattern: "^[0-9a-f]{64}$" }
                url: { type: string }
                health: { $ref: "#/components/schemas/Health" }
                reason: { type: string }
                assurance: { type: string, enum: [roots-recomputed, linked-and-signed, unlinked] }
                tree_size: { type: integer, nullable: true, description: Of the newest verified head. }
                seen_tree_size: { type: integer, description: The largest of any head seen. }
                head_hash: { type: string, nullable: true }
                root: { type: string, nullable: true }
                head_timestamp: { type: integer, nullable: true }
                head_age_seconds: { type: integer, nullable: true }
                max_head_age_seconds: { type: integer, nullable: true }
                is_frozen: { type: boolean }
                verified_heads: { type: integer }
                leaves_read: { type: integer }
                quorum:
                  type: object
                  additionalProperties: false
                  required: [t, n, signers]
                  properties:
                    t: { type: integer }
                    n: { type: integer }
                    signers:
                      type: array
                      description: Those of the newest verified head.
                      items: { type: string }
                open_alerts:
                  type: object
                  additionalProperties: false
                  required: [\(Severity.allCases.map(\.rawValue).joined(separator: ", "))]
                  properties:
                    violation: { type: integer }
                    unchecked: { type: integer }
                    warning: { type: integer }
                last_success_at: { type: integer, nullable: true }
                last_failure_at: { type: integer, nullable: true }
                last_failure: { type: string, nullable: true, description: Null once a poll succeeded again. }
            LogDetail:
              type: object
              additionalProperties: false
              required: [\((logMembers + ["cosigners_over_heads", "cosigners"]).joined(separator: ", "))]
              properties:
                <<: *members
                cosigners_over_heads: { type: integer, description: How many of the newest verified heads were counted. }
                cosigners:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [id, signed, last_signed_at]
                    properties:
                      id: { type: string }
                      signed: { type: integer }
                      last_signed_at: { type: integer, nullable: true }
            Heads:
              type: object
              additionalProperties: false
              required: [heads, next_cursor]
              properties:
                heads:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [tree_size, hash, root, timestamp, state, signers, seen_at, head]
                    properties:
                      tree_size: { type: integer }
                      hash: { type: string }
                      root: { type: string }
                      timestamp: { type: integer }
                      state: { type: string, enum: [seen, pending, verified, contested] }
                      signers:
                        type: array
                        items: { type: string }
                      seen_at: { type: integer }
                      head: { type: object, nullable: true, description: The JSON as it was received; null where retention keeps it no longer. }
                next_cursor: { type: string, nullable: true }
            Findings:
              type: object
              additionalProperties: false
              required: [findings, next_cursor]
              properties:
                findings:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [id, log, log_id, rule, severity, tree_size, expected, found, evidence_sha256, found_at, alert]
                    properties:
                      id: { type: integer }
                      log: { type: string }
                      log_id: { type: string }
                      rule: { $ref: "#/components/schemas/Rule" }
                      severity: { $ref: "#/components/schemas/Severity" }
                      tree_size: { type: integer, nullable: true }
                      expected: { type: string }
                      found: { type: string }
                      evidence_sha256: { type: string, nullable: true, description: In hex; the file is /evidence/SHA256.json. }
                      found_at: { type: integer }
                      alert: { type: integer, nullable: true }
                next_cursor: { type: string, nullable: true }
            Alerts:
              type: object
              additionalProperties: false
              required: [alerts, next_cursor]
              properties:
                alerts:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [id, log, log_id, kind, subject, severity, state, findings, detail, opened_at, updated_at, closed_at, acknowledged_at, acknowledged_by, note]
                    properties:
                      id: { type: integer }
                      log: { type: string, description: Empty where the trouble is the watcher's own. }
                      log_id: { type: string }
                      kind: { type: string, description: A rule or a kind of operational trouble. }
                      subject: { type: string, description: The sink that fails. }
                      severity: { $ref: "#/components/schemas/Severity" }
                      state: { type: string, enum: [firing, acknowledged, resolved] }
                      findings: { type: integer }
                      detail: { type: string }
                      opened_at: { type: integer }
                      updated_at: { type: integer }
                      closed_at: { type: integer, nullable: true }
                      acknowledged_at: { type: integer, nullable: true }
                      acknowledged_by: { type: string, nullable: true }
                      note: { type: string, nullable: true }
                next_cursor: { type: string, nullable: true }

        """

    private static let logMembers = [
        "name", "log_id", "url", "health", "reason", "assurance", "tree_size", "seen_tree_size", "head_hash", "root",
        "head_timestamp", "head_age_seconds", "max_head_age_seconds", "is_frozen", "verified_heads", "leaves_read",
        "quorum", "open_alerts", "last_success_at", "last_failure_at", "last_failure",
    ]
}
