extension ConditionTest {
    /// - Parameter variables: Whether the document is of a version that has them.
    init(_ base: ConditionOperator.Base, _ values: [String], variables: Bool) {
        func texts(wildcards: Bool = false, ignoringCase: Bool = false) -> [PolicyText] {
            values.compactMap { value in
                let parts = PolicyText.parts(of: value, wildcards: wildcards, variables: variables)
                return parts.map { PolicyText(ignoringCase ? $0.map(\.lowercased) : $0) }
            }
        }
        self =
            switch base {
            case .stringEquals, .stringNotEquals: .texts(texts(), ignoringCase: false)
            case .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .null:
                .texts(texts(ignoringCase: true), ignoringCase: true)
            case .stringLike, .stringNotLike: .texts(texts(wildcards: true), ignoringCase: false)
            case .arnEquals, .arnNotEquals, .arnLike, .arnNotLike:
                .arns(values.compactMap { ARNPattern($0, variables: variables) })
            case .numericEquals, .numericNotEquals: .numbers(values.compactMap(DecimalNumber.value), .equal)
            case .numericLessThan: .numbers(values.compactMap(DecimalNumber.value), .less)
            case .numericLessThanEquals: .numbers(values.compactMap(DecimalNumber.value), .lessOrEqual)
            case .numericGreaterThan: .numbers(values.compactMap(DecimalNumber.value), .greater)
            case .numericGreaterThanEquals: .numbers(values.compactMap(DecimalNumber.value), .greaterOrEqual)
            case .dateEquals, .dateNotEquals: .moments(values.compactMap(Moment.seconds(ofPolicy:)), .equal)
            case .dateLessThan: .moments(values.compactMap(Moment.seconds(ofPolicy:)), .less)
            case .dateLessThanEquals: .moments(values.compactMap(Moment.seconds(ofPolicy:)), .lessOrEqual)
            case .dateGreaterThan: .moments(values.compactMap(Moment.seconds(ofPolicy:)), .greater)
            case .dateGreaterThanEquals: .moments(values.compactMap(Moment.seconds(ofPolicy:)), .greaterOrEqual)
            case .bool: .bools(texts(ignoringCase: true))
            case .binaryEquals: .binaries(values.compactMap(Base64.bytes))
            case .ipAddress, .notIPAddress: .addresses(values.compactMap(IPAddressRange.init))
            }
    }
}

extension PolicyText.Part {
    fileprivate var lowercased: Self {
        switch self {
        case .literal(let bytes): .literal(Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8))
        case .variable: self
        }
    }
}
