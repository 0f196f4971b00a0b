import IAMCore
import KMSCore
import KMSTesting
import Testing

@testable import IAMQuery

private let trust =
    #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"#
    + #""Action":"sts:AssumeRole"}}"#
private let policy = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}}"#
private let policyARN = "arn:aws:iam::111122223333:policy/p"

@Suite struct `Operations` {
    @Test func `a user is answered as AWS answers it`() async throws {
        let service = try await Service()
        let reply = await service.call(
            "CreateUser",
            ["UserName": "alice", "Path": "/team/", "Tags.member.1.Key": "b", "Tags.member.1.Value": "1=1"])
        let id = try #require(try reply.result()["User", "UserId"]?.text)
        #expect(id.hasPrefix("AIDA"))
        #expect(
            reply.text == """
                <CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateUserResult><User>\
                <Path>/team/</Path><UserName>alice</UserName><UserId>\(id)</UserId>\
                <Arn>arn:aws:iam::111122223333:user/team/alice</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                <Tags><member><Key>b</Key><Value>1=1</Value></member></Tags></User></CreateUserResult>\
                <ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></CreateUserResponse>
                """)
        #expect(try await service.call("GetUser", ["UserName": "alice"]).result()["User"] == reply.result()["User"])
    }

    @Test func `an operation without a result answers with metadata alone`() async throws {
        let service = try await Service()
        _ = await service.call("CreateUser", ["UserName": "alice"])
        let reply = await service.call("DeleteUser", ["UserName": "alice"])
        #expect(
            reply.text == """
                <DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata>\
                <RequestId>request-1</RequestId></ResponseMetadata></DeleteUserResponse>
                """)
        #expect(await service.call("GetUser", ["UserName": "alice"]).code == "NoSuchEntity")
    }

    @Test func `lists are given in parts`() async throws {
        let service = try await Service()
        for name in ["a", "b", "c"] { _ = await service.call("CreateUser", ["UserName": name]) }
        let first = try await service.call("ListUsers", ["MaxItems": "2"]).result()
        #expect(first["Users"]?.children.map { $0["UserName"]?.text } == ["a", "b"])
        #expect(first["IsTruncated"]?.text == "true")
        let marker = try #require(first["Marker"]?.text)
        let second = try await service.call("ListUsers", ["MaxItems": "2", "Marker": marker]).result()
        #expect(second["Users"]?.children.map { $0["UserName"]?.text } == ["c"])
        #expect(second["IsTruncated"]?.text == "false")
        #expect(second["Marker"] == nil)
        #expect(await service.call("ListRoles", ["Marker": marker]).code == "InvalidInput")
    }

    @Test func `policy documents come percent-encoded`() async throws {
        let service = try await Service()
        let role = await service.call(
            "CreateRole", ["RoleName": "r", "AssumeRolePolicyDocument": trust, "MaxSessionDuration": "7200"])
        #expect(try role.result()["Role", "AssumeRolePolicyDocument"]?.text == PercentCoding.encode(trust))
        #expect(try role.result()["Role", "MaxSessionDuration"]?.text == "7200")
        #expect(
            await service.call("PutRolePolicy", ["RoleName": "r", "PolicyName": "in", "PolicyDocument": policy]).code
                == nil)
        let inline = try await service.call("GetRolePolicy", ["RoleName": "r", "PolicyName": "in"]).result()
        #expect(inline["PolicyDocument"]?.text == PercentCoding.encode(policy))
        let names = try await service.call("ListRolePolicies", ["RoleName": "r"]).result()["PolicyNames"]
        #expect(names?.children.map(\.text) == ["in"])
    }

    @Test func `a managed policy goes through its versions`() async throws {
        let service = try await Service()
        let made = try await service.call("CreatePolicy", ["PolicyName": "p", "PolicyDocument": policy]).result()
        #expect(made["Policy", "Arn"]?.text == policyARN)
        #expect(made["Policy", "DefaultVersionId"]?.text == "v1")
        _ = await service.call(
            "CreatePolicyVersion", ["PolicyArn": policyARN, "PolicyDocument": policy, "SetAsDefault": "true"])
        let versions = try await service.call("ListPolicyVersions", ["PolicyArn": policyARN]).result()["Versions"]
        #expect(versions?.children.map { $0["VersionId"]?.text } == ["v2", "v1"])
        #expect(versions?.children.map { $0["IsDefaultVersion"]?.text } == ["true", "false"])
        #expect(versions?.children.allSatisfy { $0["Document"] == nil } == true)
        let version = await service.call("GetPolicyVersion", ["PolicyArn": policyARN, "VersionId": "v1"])
        #expect(try version.result()["PolicyVersion", "Document"]?.text == PercentCoding.encode(policy))
        _ = await service.call("CreateUser", ["UserName": "alice"])
        _ = await service.call("AttachUserPolicy", ["UserName": "alice", "PolicyArn": policyARN])
        let entities = try await service.call("ListEntitiesForPolicy", ["PolicyArn": policyARN]).result()
        #expect(entities["PolicyUsers"]?.children.first?["UserName"]?.text == "alice")
        #expect(entities["PolicyRoles"]?.children.isEmpty == true)
        let groups = ["PolicyArn": policyARN, "EntityFilter": "Group"]
        #expect(
            try await service.call("ListEntitiesForPolicy", groups).result()["PolicyUsers"]?.children.isEmpty == true)
        #expect(await service.call("DeletePolicy", ["PolicyArn": policyARN]).code == "DeleteConflict")
    }

    @Test func `a new access key tells its secret once`() async throws {
        let service = try await Service()
        _ = await service.call("CreateUser", ["UserName": "alice"])
        let reply = await service.call("CreateAccessKey", ["UserName": "alice"])
        let key = try #require(try reply.result()["AccessKey"])
        let secret = try #require(key["SecretAccessKey"]?.text)
        #expect(secret.utf8.count == 40)
        #expect(key["Status"]?.text == "Active")
        let list = await service.call("ListAccessKeys", ["UserName": "alice"])
        #expect(try list.result()["AccessKeyMetadata"]?.children.first?["AccessKeyId"] == key["AccessKeyId"])
        #expect(!list.text.contains(secret))
        #expect(!service.sink.texts.joined().contains(secret))
        let id = try #require(key["AccessKeyId"]?.text)
        let used = try await service.call("GetAccessKeyLastUsed", ["AccessKeyId": id]).result()
        #expect(used["AccessKeyLastUsed", "ServiceName"]?.text == "N/A")
        _ = await service.call("UpdateAccessKey", ["UserName": "alice", "AccessKeyId": id, "Status": "Inactive"])
        let after = try await service.call("ListAccessKeys", ["UserName": "alice"]).result()["AccessKeyMetadata"]
        #expect(after?.children.first?["Status"]?.text == "Inactive")
    }

    @Test func `who calls is told`() async throws {
        let service = try await Service()
        let reply = await service.call("GetCallerIdentity", of: .sts)
        #expect(
            reply.text == """
                <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>\
                <Arn>arn:aws:iam::111122223333:root</Arn><UserId>111122223333</UserId><Account>111122223333</Account>\
                </GetCallerIdentityResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>\
                </GetCallerIdentityResponse>
                """)
    }

    @Test func `an assumed role comes with credentials that the record does not have`() async throws {
        let service = try await Service()
        _ = await service.call("CreateRole", ["RoleName": "r", "AssumeRolePolicyDocument": trust])
        let user = CallerIdentity.administrator(
            Principal(account: Service.account, arn: "arn:aws:iam::111122223333:user/alice"))
        let reply = await service.call(
            "AssumeRole",
            [
                "RoleArn": "arn:aws:iam::111122223333:role/r", "RoleSessionName": "work", "Policy": policy,
                "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/AdministratorAccess",
            ], of: .sts, by: user)
        let result = try reply.result()
        #expect(result["AssumedRoleUser", "Arn"]?.text == "arn:aws:sts::111122223333:assumed-role/r/work")
        #expect(result["Credentials", "AccessKeyId"]?.text.hasPrefix("ASIA") == true)
        #expect(result["Credentials", "Expiration"]?.text == "2026-01-01T01:00:00Z")
        let record = service.sink.texts.joined()
        for secret in ["SecretAccessKey", "SessionToken"] {
            let text = try #require(result["Credentials", secret]?.text)
            #expect(text.utf8.count >= 40)
            #expect(!record.contains(text))
        }
    }

    @Test func `what users cannot have here is told to be empty, of users that are there`() async throws {
        let service = try await Service()
        for action in [
            "ListGroupsForUser", "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials",
        ] {
            #expect(await service.call(action, ["UserName": "alice"]).code == "NoSuchEntity")
        }
        _ = await service.call("CreateUser", ["UserName": "alice"])
        for action in [
            "ListGroupsForUser", "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials",
        ] {
            let result = try await service.call(action, ["UserName": "alice"]).result()
            #expect(result.children.first?.children.isEmpty == true)
        }
        #expect(await service.call("GetLoginProfile", ["UserName": "alice"]).code == "NoSuchEntity")
        #expect(await service.call("DeleteLoginProfile", ["UserName": "alice"]).code == "NoSuchEntity")
    }

    @Test func `a virtual device tells its seed once`() async throws {
        let service = try await Service()
        let made = await service.call("CreateVirtualMFADevice", ["VirtualMFADeviceName": "phone"])
        let device = try #require(try made.result()["VirtualMFADevice"])
        #expect(device["SerialNumber"]?.text == "arn:aws:iam::111122223333:mfa/phone")
        // 32 characters of base32, as a blob in base64.
        #expect(device["Base32StringSeed"]?.text.utf8.count == 44)
        let list = await service.call("ListVirtualMFADevices")
        #expect(try list.result()["VirtualMFADevices"]?.children.count == 1)
        #expect(!list.text.contains(device["Base32StringSeed"]?.text ?? ""))
        let serial = ["SerialNumber": "arn:aws:iam::111122223333:mfa/phone"]
        #expect(try await service.call("ListMFADeviceTags", serial).result()["Tags"]?.children.isEmpty == true)
        #expect(
            await service.call("ListMFADeviceTags", ["SerialNumber": "arn:aws:iam::111122223333:mfa/other"]).code
                == "NoSuchEntity")
    }
}

@Suite struct `What is noted of a call` {
    @Test func `its parameters are as CloudTrail has them`() async throws {
        let service = try await Service()
        let reply = await service.call(
            "ListUsers", ["MaxItems": "7", "PathPrefix": "/a/"])
        let record = try #require(reply.record)
        #expect(record.source == "iam.amazonaws.com")
        #expect(record.name == "ListUsers")
        #expect(record.isReadOnly)
        #expect(record.requestParameters == .object(("pathPrefix", .string("/a/")), ("maxItems", .integer(7))))
        #expect(record.error == nil)
    }

    @Test func `a refused call is noted with the reason`() async throws {
        let service = try await Service()
        let reply = await service.call("DeleteUser", ["UserName": "alice"])
        let record = try #require(reply.record)
        #expect(record.error?.code == "NoSuchEntity")
        #expect(!record.isReadOnly)
        #expect(record.requestParameters == .object(("userName", .string("alice"))))
    }

    @Test func `a change is recorded in its own transaction`() async throws {
        let service = try await Service()
        let reply = await service.call(
            "CreateUser", ["UserName": "alice", "Tags.member.1.Key": "k", "Tags.member.1.Value": "v"])
        #expect(reply.record == nil)
    }

    @Test func `a code is in no record`() async throws {
        let service = try await Service()
        let parameters = ["SerialNumber": "arn:aws:iam::111122223333:mfa/phone", "TokenCode": "123456"]
        let record = try #require(await service.call("GetSessionToken", parameters, of: .sts).record)
        #expect(record.source == "sts.amazonaws.com")
        #expect(
            record.requestParameters
                == .object(("serialNumber", .string("arn:aws:iam::111122223333:mfa/phone"))))
        #expect(await service.call("GetSessionToken", ["TokenCode": "123456"], of: .sts).code == "ValidationError")
    }

    @Test func `what is no operation is noted under its name, cut short`() async throws {
        let service = try await Service()
        #expect(await service.call("CreateUsers").record?.name == "CreateUsers")
        let long = await service.call(String(repeating: "x", count: 5000))
        #expect(long.record?.name.count == 64)
        #expect(long.code == "InvalidAction")
        #expect(long.text.utf8.count < 1000)
    }

    @Test func `a body for another API is no operation of these`() async throws {
        let service = try await Service()
        let context = service.context()
        let answer = await service.api.answer(Array("Action=ListKeys&Version=2014-11-01".utf8), by: context)
        #expect(answer.status == 400)
        #expect(answer.failure?.code == "InvalidAction")
    }
}
