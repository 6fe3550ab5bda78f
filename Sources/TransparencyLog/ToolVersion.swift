/// The version of the programs: in help, reports, evidence and metrics.
public enum ToolVersion {
    public static let current = "0.1.0"
}
