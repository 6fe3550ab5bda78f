/// Gossip in the description of the API; the indentation is that of the whole document.
extension OpenAPIDocument {
    static let gossipPaths = """
          /gossip/v1/heads:
            get:
              summary: The newest verified head of each log, and others of its tree whose signatures make its quorum with it.
              operationId: gossipHeads
              security: [{}]
              responses:
                "200":
                  description: The heads, as the logs signed them.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/GossipHeads" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
            post:
              summary: Compare heads that somebody was shown with those verified here. Nothing is kept of who asks.
              operationId: gossipSubmit
              security: [{}]
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/GossipSubmission" }
              responses:
                "200":
                  description: One answer for each head, in their order.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/GossipAnswers" }
                "400": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "413": { $ref: "#/components/responses/Error" }
                "429": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /gossip/v1/logs/{log_id}/heads/{tree_size}:
            get:
              summary: The verified head of a size, or of the largest size below it whose JSON is kept.
              operationId: gossipHead
              security: [{}]
              parameters:
                - $ref: "#/components/parameters/LogID"
                - $ref: "#/components/parameters/TreeSize"
              responses:
                "200":
                  description: The head, as the log signed it.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/SignedTreeHead" }
                "400": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /gossip/v1/logs/{log_id}/checkpoint:
            get:
              summary: The newest head that this watcher vouches for, as a C2SP tlog-checkpoint with its cosignature.
              operationId: gossipCheckpoint
              security: [{}]
              parameters:
                - $ref: "#/components/parameters/LogID"
              responses:
                "200": { $ref: "#/components/responses/Checkpoint" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /gossip/v1/logs/{log_id}/checkpoints/{tree_size}:
            get:
              summary: What this watcher vouched for at one size.
              operationId: gossipCheckpointOfSize
              security: [{}]
              parameters:
                - $ref: "#/components/parameters/LogID"
                - $ref: "#/components/parameters/TreeSize"
              responses:
                "200": { $ref: "#/components/responses/Checkpoint" }
                "400": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /gossip/v1/evidence:
            get:
              summary: Files of evidence that prove something by themselves, one for each contradiction.
              operationId: gossipEvidenceList
              security: [{}]
              responses:
                "200":
                  description: The files.
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/GossipEvidence" }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /gossip/v1/evidence/{sha256}:
            get:
              summary: A file of evidence.
              operationId: gossipEvidence
              security: [{}]
              parameters:
                - name: sha256
                  in: path
                  required: true
                  schema: { type: string, pattern: "^[0-9a-f]{64}$" }
              responses:
                "200":
                  description: The file, in the format nexo-evidence/v1.
                  content:
                    application/json:
                      schema: { type: object, additionalProperties: true }
                "404": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
        """

    static let gossipParameters = """
            LogID:
              name: log_id
              in: path
              required: true
              schema: { type: string }
            TreeSize:
              name: tree_size
              in: path
              required: true
              schema: { type: integer, minimum: 0, maximum: 9007199254740991 }
        """

    static let gossipResponses = """
            Checkpoint:
              description: A signed note (C2SP signed-note); the key is the watcher's.
              content:
                text/plain:
                  schema: { type: string }
        """

    static let gossipSchemas = """
            SignedTreeHead:
              type: object
              additionalProperties: true
              required: [tree_size, root, timestamp]
              properties:
                tree_size: { type: integer }
                root: { type: string }
                timestamp: { type: integer }
            GossipHeads:
              type: object
              additionalProperties: false
              required: [watcher, heads]
              properties:
                watcher: { type: string, nullable: true, description: The key that vouches here. }
                heads:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [log_id, name, head]
                    properties:
                      log_id: { type: string }
                      name: { type: string }
                      head: { $ref: "#/components/schemas/SignedTreeHead" }
            GossipSubmission:
              type: object
              required: [log_id, heads]
              properties:
                log_id: { type: string }
                heads:
                  type: array
                  minItems: 1
                  items: { $ref: "#/components/schemas/SignedTreeHead" }
            GossipAnswers:
              type: object
              additionalProperties: false
              required: [log_id, results, newest, evidence]
              properties:
                log_id: { type: string }
                results:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [answer]
                    properties:
                      answer: { type: string, enum: [same, older, newer, unsettled, conflict, rejected] }
                newest:
                  type: object
                  nullable: true
                  additionalProperties: true
                evidence:
                  type: array
                  description: SHA-256 of the files that prove what the log did.
                  items: { type: string }
            GossipEvidence:
              type: object
              additionalProperties: false
              required: [evidence]
              properties:
                evidence:
                  type: array
                  items:
                    type: object
                    additionalProperties: false
                    required: [log_id, conflict, sha256]
                    properties:
                      log_id: { type: string }
                      conflict: { type: string, description: Names the contradiction, whoever wrote the file. }
                      sha256: { type: string }
        """
}
