/// What a condition compares a request's value with: the policy's values, read once.
enum ConditionTest: Sendable {
    /// The texts in lower case if the case is to be ignored.
    case texts([PolicyText], ignoringCase: Bool)
    case arns([ARNPattern])
    case numbers([Double], Order)
    case moments([Double], Order)
    case bools([PolicyText])
    case binaries([[UInt8]])
    case addresses([IPAddressRange])

    /// How a request's value has to stand to the policy's.
    enum Order: Sendable {
        case equal
        case less
        case lessOrEqual
        case greater
        case greaterOrEqual

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .equal: value == bound
            case .less: value < bound
            case .lessOrEqual: value <= bound
            case .greater: value > bound
            case .greaterOrEqual: value >= bound
            }
        }
    }

    /// Whether a request's value is one of those that the policy lists. What is no value of the operator's kind, on
    /// either side, is none of them.
    func lists(_ value: String, _ context: any ConditionContext) -> Bool {
        switch self {
        case .texts(let texts, ignoringCase: false):
            let subject = value.utf8Span.span
            return texts.contains { $0.matches(subject, context) }
        case .texts(let texts, ignoringCase: true):
            let isASCII = value.utf8.allSatisfy { $0 < 0x80 }
            let folded = isASCII ? value : value.lowercased()
            let subject = folded.utf8Span.span
            return texts.contains { $0.matches(subject, context, ignoringCase: isASCII) }
        case .arns(let patterns):
            let subject = value.utf8Span.span
            return patterns.contains { $0.matches(subject, context) }
        case .numbers(let bounds, let order):
            guard let number = DecimalNumber.value(of: value) else { return false }
            return bounds.contains { order.holds(number, $0) }
        case .moments(let bounds, let order):
            guard let moment = Moment.seconds(ofRequest: value) else { return false }
            return bounds.contains { order.holds(moment, $0) }
        case .bools(let texts):
            guard Self.isBool(value) else { return false }
            let subject = value.utf8Span.span
            return texts.contains { $0.matches(subject, context, ignoringCase: true) }
        case .binaries(let binaries):
            guard let bytes = Base64.bytes(of: value) else { return false }
            return binaries.contains(bytes)
        case .addresses(let ranges):
            guard let address = IPAddress(value) else { return false }
            return ranges.contains { $0.contains(address) }
        }
    }

    private static func isBool(_ value: String) -> Bool {
        let value = value.lowercased()
        return value == "true" || value == "false"
    }
}
