import IAMCore
import KMSCore
import KMSTesting
import Testing

@testable import IAMQuery

@Suite struct `Operations that AWS does not have` {
    private static let other = CallerIdentity.root(of: AccountID("222233334444")!)

    @Test func `make an account with an administrator, whose secret is told this once`() async throws {
        let service = try await Service()
        let reply = await service.call("CreateAccount", ["AccountId": "222233334444", "AccountName": "team-b"])
        let result = try reply.result()
        let id = try #require(result["AccessKey", "AccessKeyId"]?.text)
        let secret = try #require(result["AccessKey", "SecretAccessKey"]?.text)
        #expect(secret.utf8.count == 40 && result["AccessKey", "UserName"]?.text == "administrator")
        #expect(result["Account", "AccountName"]?.text == "team-b")
        let caller = try #require(service.identities.caller(withAccessKey: id))
        #expect(caller.identity.principal.arn == "arn:aws:iam::222233334444:user/administrator")
        #expect(await service.call("CreateUser", ["UserName": "a"], by: caller.identity).code == nil)
        // Handed on by a task of its own.
        while service.sink.items.isEmpty { await Task.yield() }
        #expect(service.sink.texts[0].contains("CreateAccount") && service.sink.texts[0].contains(id))
        #expect(!service.sink.texts.contains { $0.contains(secret) })
        let listed = try await service.call("ListAccounts").result()
        #expect(listed["Accounts"]?.children.map { $0["AccountId"]?.text } == ["111122223333", "222233334444"])
        let again = await service.call("CreateAccount", ["AccountId": "222233334444", "AccountName": "x"])
        #expect(again.code == "EntityAlreadyExists")
    }

    @Test func `make services and their access keys`() async throws {
        let service = try await Service()
        let name = ["ServiceName": "ec2.amazonaws.com"]
        #expect(
            try await service.call("CreateService", name).result()["Service", "ServiceName"]?.text == name.values.first)
        let key = try await service.call("CreateServiceAccessKey", name).result()
        let id = try #require(key["AccessKey", "AccessKeyId"]?.text)
        #expect(service.identities.caller(withAccessKey: id) != nil)
        let update = name.merging(["AccessKeyId": id, "Status": "Inactive"]) { _, new in new }
        #expect(await service.call("UpdateServiceAccessKey", update).code == nil)
        #expect(service.identities.caller(withAccessKey: id) == nil)
        let listed = try await service.call("ListServiceAccessKeys", name).result()
        #expect(listed["AccessKeyMetadata"]?.children.map { $0["Status"]?.text } == ["Inactive"])
        #expect(await service.call("DeleteServiceAccessKey", name.merging(["AccessKeyId": id]) { $1 }).code == nil)
        #expect(await service.call("DeleteService", name).code == nil)
        #expect(try await service.call("ListServices").result()["Services"]?.children.isEmpty == true)
        #expect(await service.call("DeleteService", name).code == "NoSuchEntity")
    }

    @Test(arguments: [
        ("CreateAccount", ["AccountId": "333344445555", "AccountName": "x"]), ("ListAccounts", [:]),
        ("CreateService", ["ServiceName": "s3.amazonaws.com"]), ("ListServices", [:]),
        ("ListServices", ["AccountId": "111122223333"]), ("DeleteService", ["ServiceName": "ec2.amazonaws.com"]),
        ("CreateServiceAccessKey", ["ServiceName": "ec2.amazonaws.com", "AccountId": "111122223333"]),
        ("ListServiceAccessKeys", ["ServiceName": "ec2.amazonaws.com"]),
    ])
    func `are for callers of the first account`(action: String, parameters: [String: String]) async throws {
        let service = try await Service()
        try await service.identities.createAccount(AccountID("222233334444")!, name: "other")
        let reply = await service.call(action, parameters, by: Self.other)
        #expect(reply.code == "AccessDenied" && reply.answer.status == 403)
        #expect(reply.text.contains("strongroom:\(action)"))
    }

    @Test func `are for those whose policies allow them`() async throws {
        let service = try await Service()
        _ = await service.call("CreateUser", ["UserName": "ann"])
        let id = try #require(
            try await service.call("CreateAccessKey", ["UserName": "ann"]).result()["AccessKey", "AccessKeyId"]?.text)
        func ann() throws -> CallerIdentity { try #require(service.identities.caller(withAccessKey: id)).identity }
        #expect(await service.call("ListAccounts", by: try ann()).code == "AccessDenied")
        let policy =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"strongroom:List*","Resource":"*"}}"#
        _ = await service.call("PutUserPolicy", ["UserName": "ann", "PolicyName": "own", "PolicyDocument": policy])
        #expect(await service.call("ListAccounts", by: try ann()).code == nil)
        #expect(
            await service.call("CreateService", ["ServiceName": "ec2.amazonaws.com"], by: try ann()).code
                == "AccessDenied")
    }

    @Test(arguments: [
        ("CreateAccount", ["AccountName": "x"]), ("CreateAccount", ["AccountId": "1", "AccountName": "x"]),
        ("CreateAccount", ["AccountId": "22223333444x", "AccountName": "x"]),
        ("CreateAccount", ["AccountId": "222233334444", "AccountName": ""]), ("CreateService", [:]),
        ("CreateService", ["ServiceName": "EC2.amazonaws.com"]), ("CreateService", ["ServiceName": "ec2"]),
        ("ListServices", ["AccountId": "x"]),
        (
            "UpdateServiceAccessKey",
            ["ServiceName": "ec2.amazonaws.com", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "On"]
        ),
    ])
    func `refuse what is no account and no service`(action: String, parameters: [String: String]) async throws {
        #expect(await (try Service()).call(action, parameters).code == "ValidationError")
    }

    @Test func `make services of accounts that are there`() async throws {
        let service = try await Service()
        let parameters = ["ServiceName": "ec2.amazonaws.com", "AccountId": "222233334444"]
        #expect(await service.call("CreateService", parameters).code == "NoSuchEntity")
        try await service.identities.createAccount(AccountID("222233334444")!, name: "other")
        #expect(await service.call("CreateService", parameters).code == nil)
        #expect(try await service.call("ListServices").result()["Services"]?.children.isEmpty == true)
        let other = try await service.call("ListServices", ["AccountId": "222233334444"]).result()
        #expect(other["Services"]?.children.count == 1)
    }
}
