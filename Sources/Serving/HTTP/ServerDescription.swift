/// The description of the API, served at /openapi.yml; docs/server-api.yaml is the same, and a test holds it, and the answers,
/// to it.
public enum ServerDescription {
    public static let text = """
        openapi: 3.0.3
        info:
          title: NEXO server
          version: "1"
          description: >-
            The HTTP interface of a NEXO deployment, and the additions of nexo-server to it. Hashes are the base64 of 32
            bytes. Every answer has X-Request-Id. docs/PROTOCOL.md says what the values mean, docs/SERVER.md what bounds
            them.
        servers:
          - url: /
        paths:
          /health:
            get:
              summary: Whether the server runs, and how large the log is.
              operationId: health
              responses:
                "200":
                  description: It runs.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Health" }
          /did/register:
            post:
              summary: Adds a registration; it is answered when it and the head that covers it are on the disk.
              operationId: register
              parameters:
                - name: proof
                  in: query
                  description: 1 asks for a proof of inclusion and the head.
                  schema: { type: string, enum: ["0", "1"] }
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/Registration" }
              responses:
                "201":
                  description: It is in the log.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Registered" }
                "400": { $ref: "#/components/responses/Error" }
                "408": { $ref: "#/components/responses/Error" }
                "413": { $ref: "#/components/responses/Error" }
                "429": { $ref: "#/components/responses/Later" }
                "500": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Later" }
          /sth/latest:
            get:
              summary: The newest head.
              operationId: latest
              responses:
                "200":
                  description: The head.
                  headers:
                    ETag: { schema: { type: string } }
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Head" }
                "304": { description: It is the one that If-None-Match names. }
                "404": { $ref: "#/components/responses/Error" }
          /sth/chain:
            get:
              summary: The newest heads, the newest first.
              operationId: chain
              parameters:
                - name: limit
                  in: query
                  description: Heads at most; the server may give fewer (MAX_CHAIN_LIMIT).
                  schema: { type: integer, minimum: 1, default: 10 }
              responses:
                "200":
                  description: The heads.
                  content:
                    application/json:
                      schema:
                        type: array
                        items: { $ref: "#/components/schemas/Head" }
                "400": { $ref: "#/components/responses/Error" }
          /ws/{session_id}:
            get:
              summary: Opens a session of the relay by a WebSocket upgrade.
              operationId: relay
              parameters:
                - name: session_id
                  in: path
                  required: true
                  schema: { type: string, minLength: 1, maxLength: 128 }
              responses:
                "101": { description: "The session is open; docs/SERVER.md, The relay, says what it takes." }
                "400": { $ref: "#/components/responses/Error" }
                "403": { $ref: "#/components/responses/Error" }
                "426": { $ref: "#/components/responses/Error" }
                "429": { $ref: "#/components/responses/Later" }
                "503": { $ref: "#/components/responses/Later" }
          /metrics:
            get:
              summary: For Prometheus, in its text format.
              operationId: metrics
              responses:
                "200":
                  description: The metrics.
                  content:
                    text/plain:
                      schema: { type: string }
          /.well-known/nexo-transparency.json:
            get:
              summary: The trust file, and which additions the server has.
              operationId: trust
              responses:
                "200":
                  description: The trust file.
                  headers:
                    ETag: { schema: { type: string } }
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Trust" }
                "304": { description: It is the one that If-None-Match names. }
          /proof/inclusion:
            get:
              summary: That a registration is in the tree; exactly one of id and leaf is given.
              operationId: inclusion
              parameters:
                - name: id
                  in: query
                  description: The newest registration of an id.
                  schema: { type: string, minLength: 1 }
                - name: leaf
                  in: query
                  description: A leaf hash.
                  schema: { $ref: "#/components/schemas/Hash" }
                - name: tree_size
                  in: query
                  description: In the tree of this size; of the newest head if it is not given.
                  schema: { $ref: "#/components/schemas/Size" }
              responses:
                "200":
                  description: The registration and its path; with the newest head where that has this size.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Inclusion" }
                "400": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
          /proof/consistency:
            get:
              summary: That one tree continues another.
              operationId: consistency
              parameters:
                - name: first
                  in: query
                  required: true
                  schema: { $ref: "#/components/schemas/Size" }
                - name: second
                  in: query
                  description: The size of the newest head if it is not given.
                  schema: { $ref: "#/components/schemas/Size" }
              responses:
                "200":
                  description: The path.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Consistency" }
                "400": { $ref: "#/components/responses/Error" }
          /tile/{level}/{index}:
            get:
              summary: >-
                Hashes of the tree, 32 bytes each, as in C2SP tlog-tiles: whole tiles have 256. Larger indexes are
                written in groups (x001/234), partial tiles as 000.p/WIDTH.
              operationId: tile
              parameters:
                - name: level
                  in: path
                  required: true
                  schema: { type: integer, minimum: 0, maximum: 6 }
                - name: index
                  in: path
                  required: true
                  schema: { type: string, pattern: "^[0-9]{3}$" }
              responses:
                "200":
                  description: The hashes; they never change.
                  content:
                    application/octet-stream:
                      schema: { type: string, format: binary }
                "304": { description: It is the one that If-None-Match names. }
                "400": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
          /log/users.jsonl:
            get:
              summary: The registrations that a head covers, one a line; only with PUBLISH_USERS=1, since it names users.
              operationId: users
              parameters:
                - name: Range
                  in: header
                  description: "One range of bytes, as in bytes=0-99; what is none is ignored."
                  schema: { type: string }
              responses:
                "200":
                  description: All of them.
                  content:
                    application/jsonl:
                      schema: { type: string }
                "206":
                  description: A part.
                  headers:
                    Content-Range: { schema: { type: string } }
                  content:
                    application/jsonl:
                      schema: { type: string }
                "404": { $ref: "#/components/responses/Error" }
                "416": { description: The range begins behind the end. }
          /openapi.yml:
            get:
              summary: This description.
              operationId: description
              responses:
                "200":
                  description: The description.
                  content:
                    application/yaml:
                      schema: { type: string }
                "304": { description: It is the one that If-None-Match names. }
        components:
          responses:
            Error:
              description: Why not.
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
            Later:
              description: Not now; Retry-After says in how many seconds.
              headers:
                Retry-After: { schema: { type: string } }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
          schemas:
            Error:
              type: object
              additionalProperties: false
              required: [detail]
              properties:
                detail: { type: string }
            Hash: { type: string, pattern: "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$" }
            Size: { type: integer, minimum: 0, maximum: 9007199254740991 }
            Health:
              type: object
              additionalProperties: false
              required: [status, timestamp, users_count, sth_count]
              properties:
                status: { type: string, enum: [healthy] }
                timestamp: { type: integer, description: Seconds since 1970. }
                users_count: { type: integer }
                sth_count: { type: integer }
            Registration:
              type: object
              required: [id, public_key, timestamp]
              properties:
                id: { type: string, minLength: 1, pattern: "^[^\\\\u0000]+$" }
                public_key: { $ref: "#/components/schemas/Hash" }
                timestamp: { type: integer, minimum: 0, maximum: 9007199254740991 }
            Registered:
              type: object
              additionalProperties: false
              required: [message, tree_size]
              properties:
                message: { type: string, enum: [registered] }
                tree_size: { $ref: "#/components/schemas/Size" }
                registration: { $ref: "#/components/schemas/Registration" }
                leaf_hash: { $ref: "#/components/schemas/Hash" }
                index: { $ref: "#/components/schemas/Size" }
                proof_tree_size: { $ref: "#/components/schemas/Size" }
                path: { $ref: "#/components/schemas/Path" }
                head: { $ref: "#/components/schemas/Head" }
            Path:
              type: array
              items: { $ref: "#/components/schemas/Hash" }
            Head:
              type: object
              description: >-
                A signed tree head. Every member but signatures is covered by the signatures, also those that are not
                described here.
              required: [tree_size, root, prev_hash, policy, timestamp, signatures]
              properties:
                tree_size: { $ref: "#/components/schemas/Size" }
                root: { $ref: "#/components/schemas/Hash" }
                prev_hash: { type: string, description: The hash of the head before it; empty for the first. }
                policy: { $ref: "#/components/schemas/Policy" }
                timestamp: { type: integer }
                signatures:
                  type: array
                  items:
                    type: object
                    required: [cosigner, sig]
                    properties:
                      cosigner: { type: string }
                      sig: { type: string }
            Policy:
              type: object
              required: [t, n]
              properties:
                t: { type: integer, minimum: 1 }
                n: { type: integer, minimum: 1 }
            Trust:
              type: object
              additionalProperties: false
              required: [format, name, canonical, policy, cosigners, additions]
              properties:
                format: { type: string, enum: [nexo-trust/v1] }
                name: { type: string }
                canonical: { type: string, enum: [jcs, shallow] }
                policy: { $ref: "#/components/schemas/Policy" }
                cosigners:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [id, public_key, from_tree_size, until_tree_size]
                    properties:
                      id: { type: string }
                      public_key: { $ref: "#/components/schemas/Hash" }
                      from_tree_size: { $ref: "#/components/schemas/Size" }
                      until_tree_size: { type: integer, nullable: true }
                additions:
                  type: array
                  items: { type: string, enum: [proof, tile, users] }
            Inclusion:
              type: object
              additionalProperties: false
              required: [registration, leaf_hash, index, proof_tree_size, path]
              properties:
                registration: { $ref: "#/components/schemas/Registration" }
                leaf_hash: { $ref: "#/components/schemas/Hash" }
                index: { $ref: "#/components/schemas/Size" }
                proof_tree_size: { $ref: "#/components/schemas/Size" }
                path: { $ref: "#/components/schemas/Path" }
                head: { $ref: "#/components/schemas/Head" }
            Consistency:
              type: object
              additionalProperties: false
              required: [first, second, path]
              properties:
                first: { $ref: "#/components/schemas/Size" }
                second: { $ref: "#/components/schemas/Size" }
                path: { $ref: "#/components/schemas/Path" }

        """
}
