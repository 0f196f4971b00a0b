import IAMCore
import KMSCore
import KMSServer

/// The identities of the store, as the server asks for them.
struct IdentityDirectory: CredentialDirectory {
    let identities: IdentityStore

    func caller(withAccessKey id: String) -> Caller? {
        identities.caller(withAccessKey: id).map { Caller(identity: $0.identity, credential: $0.credential) }
    }

    func isExpired(accessKey id: String) -> Bool { identities.isExpired(accessKey: id) }

    func noteUse(of accessKey: String, service: String, region: Region) {
        identities.noteUse(of: accessKey, service: service, region: region)
    }
}
