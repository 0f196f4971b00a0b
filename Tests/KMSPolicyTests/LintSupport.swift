import Testing

@testable import KMSPolicy

/// The account of all keys in these tests, and the usual principals.
let lintAccount = "111122223333"
let lintKey = "arn:aws:kms:us-east-1:\(lintAccount):key/1234abcd-12ab-34cd-56ef-1234567890ab"
let lintRoot = "arn:aws:iam::\(lintAccount):root"
let lintRole = "arn:aws:iam::\(lintAccount):role/app"
let lintForeignRole = "arn:aws:iam::444455556666:role/app"

/// A policy of these statements, each an object's members.
func policy(_ statements: String...) -> String {
    let objects = statements.map { "    {\($0)}" }.joined(separator: ",\n")
    return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n\(objects)\n  ]\n}"
}

func allow(_ actions: String, to principal: String, _ more: String = "") -> String {
    statement("Allow", actions, principal, more)
}

func deny(_ actions: String, to principal: String, _ more: String = "") -> String {
    statement("Deny", actions, principal, more)
}

/// - Parameter actions: Without `kms:`, with spaces between.
private func statement(_ effect: String, _ actions: String, _ principal: String, _ more: String) -> String {
    let who = principal == "*" ? #""*""# : #"{"AWS": "\#(principal)"}"#
    return #""Effect": "\#(effect)", "Principal": \#(who), \#(list(actions)), "Resource": "*"\#(more)"#
}

/// A statement of an identity policy.
func allow(_ actions: String, on resource: String, _ more: String = "") -> String {
    #""Effect": "Allow", \#(list(actions)), "Resource": "\#(resource)"\#(more)"#
}

func list(_ actions: String) -> String {
    let names = actions.split(separator: " ").map { "\"kms:\($0)\"" }.joined(separator: ", ")
    return "\"Action\": [\(names)]"
}

/// To be put behind a statement's members.
func when(_ conditionOperator: String, _ key: String, _ value: String) -> String {
    #", "Condition": {"\#(conditionOperator)": {"\#(key)": "\#(value)"}}"#
}

/// The severities of what one check finds.
func severities(
    _ check: LintCheck, in text: String, as kind: PolicyDocument.Kind = .key,
    _ context: LintContext = LintContext(keyARN: lintKey)
) -> [LintSeverity] {
    PolicyLinter.findings(in: text, as: kind, context).filter { $0.check == check }.map(\.severity)
}

func expectFinding(
    _ check: LintCheck, _ severity: LintSeverity, saying words: String = "", in text: String,
    as kind: PolicyDocument.Kind = .key, _ context: LintContext = LintContext(keyARN: lintKey),
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let findings = PolicyLinter.findings(in: text, as: kind, context)
    let found = findings.contains {
        $0.check == check && $0.severity == severity && (words.isEmpty || $0.message.contains(words))
    }
    #expect(found, "the findings are: \(findings)", sourceLocation: sourceLocation)
}

func expectNothing(
    of check: LintCheck, in text: String, as kind: PolicyDocument.Kind = .key,
    _ context: LintContext = LintContext(keyARN: lintKey), sourceLocation: SourceLocation = #_sourceLocation
) {
    let findings = PolicyLinter.findings(in: text, as: kind, context)
        .filter { $0.check == check || $0.check == .unreadable }
    #expect(findings.isEmpty, sourceLocation: sourceLocation)
}
