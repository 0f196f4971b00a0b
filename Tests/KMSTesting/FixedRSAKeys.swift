private import FoundationEssentials
package import LibCrypto

/// RSA key pairs that were made once, with the openssl command, for tests and nothing else: to make one takes a tenth
/// of a second to seconds, and a test that computes that long holds up all that share its thread.
package enum FixedRSAKeys {
    /// PKCS#8 of a pair from outside: what is imported, and what somebody has who is no backend. There are three of
    /// 2,048 bits, and one each of 3,072 and 4,096; nil of others.
    package static func pkcs8(bits: Int, _ number: Int = 0) -> [UInt8]? {
        decoded(outside, bits, number)
    }

    /// The same, to compute with.
    package static func key(bits: Int, _ number: Int = 0) throws -> PrivateKey {
        guard let pkcs8 = pkcs8(bits: bits, number) else {
            throw MissingPrerequisite("there are fewer fixed RSA keys of \(bits) bits", hint: "KMSTesting/FixedRSAKeys")
        }
        return try PrivateKey(pkcs8: unsafe pkcs8.span.bytes)
    }

    /// What backends make first: none of those from outside.
    static func made(bits: Int, _ number: Int) -> [UInt8]? {
        decoded(inside, bits, number)
    }

    private static func decoded(_ keys: [Int: [String]], _ bits: Int, _ number: Int) -> [UInt8]? {
        guard let keys = keys[bits], number < keys.count else { return nil }
        return Data(base64Encoded: keys[number], options: .ignoreUnknownCharacters).map { [UInt8]($0) }
    }

    // MARK: PKCS#8 in Base64, by the number of bits

    private static let outside: [Int: [String]] = [
        2048: [
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDJkyg34++ieaYTrO7vgkKKqYeNoAnWCGXIO52IY9FPdxCXJ8ExdxxD8Gc8
            6wKUlS8rcx2TcWj+U8v3UcFaw1vXDw/Sy7XE87wdQSTLQ/qyQOPvO8qFeU47Hsz4zGzuW/2kE5/qKZr1iowQLrir/WBJ5eaR2JAhXZKsFF3u
            CZLj8Rdx6Cmbx8Une5mWcfYFZ9GuiNsQo3v4E6H7VT+ROSOlTzrC720ThAhTo5Ulazj09uQ53snNVbI1EjIic4IQhsU6/3z4XklLa0Ca7DXs
            Mn9ioQYEvTQ0tMJyfvpk+sNHAeKoyn3mKLjGP8KMEUWs97vLyCMOO6TATJSmHlvsaxL1AgMBAAECggEAMOUiN1Rx905cy58CIlTNgUcYG3F7
            kVBeKBDV6JSV3Bm8i33YLgB/ebdhw3QaHyKE25xDy1USK8b1zdsl9Lc4mtULeI1zXP/mXI5Ft4yYzg5Re+FcAb5oDI0vGRa1QahMwTUFcE6B
            SRg/W1mJ8CY46hP7Ntt6Mq24+0bBdhEacXHGiVQ3M9CKIfsXGCLUTEAbRZB8CtRr1Y6VxCFL7IKLA7EH9qdkPoY2FAiDjeGHnAcUz7V1PxiJ
            sNO5w/cuKBOtpU3BK4B8f0EMgxaL+VfETtHNopH6DLl8HuKVZa0cc24tGsi6/ZKCFylACpMtUjP608Ad2JDYiGta/zN78WJXTQKBgQDpBnNX
            siAb5njn37pmGU3oG6XUQfOgwKoNxb6ec6MKvS+XD7NKfk36GZ00nCuEoxIWchIVG8OXxH/fdKZozwSDXbuxiZoQPj5qZ+wKHfZ8Ma0Eksg8
            E3Sp/j4BexCIGml2ASxlXYVMGhwQKKjRIWeYGVNJ6pPajjOUp4f/sDvRTwKBgQDdcuZ0eo9UUJhkhnSg3K75w2UeTCzj/kk0kwE3+lPvWwGk
            1Rx+Ns3a6puyarslrkT2H5/sGPGRutXBbcYbkhgfWrz3lbXwXRreaO5Pp3YB5LuSMes7j41Ia8WdGj//SsN6HjlGP0c0SF8qFvXc/Mh4NqcA
            Y5eKJarcPEGzdGXeewKBgEuA9pCcu8CujdB78pawbkjd5H6BHCKjKrapsxj+WP7ay/fDc5GYmUWHVSO90m/4spypO2ixhU/AsLpDvsPJCCpU
            jcN51Xyb3nd10sp4aOxW4DvSH6UvnKaUJZ0vNe0TucYtnSf/BHjjIOKvefvBOiLTWeRiaKPxXY82NV/Ix6kLAoGBAIcb4FE2qZYmqiPDCQtQ
            OY13Uo1+qnDcJ2vlOPwfRfCmVMVtpLm41DX5p87eYZpmzfpgZyEUQubH2DzwrcsKgp82rE5eUCf7ljYWTTfaExyqompa/ItVVTzXTDVC28L1
            qXgrUoRyfQ4ADdfPNGiE7gaySYfqO330518BgJBttu1bAoGAXC4WfJ0fNmbKCY8TAcyo4mog6+NcK5UOF+z5rp8e/1zQ2pW/agFxuCTy7+N3
            q8lQwkuBbqQDz66BeA/zJrGZg+dVpN9BGOzRxvjleo29bNE6tXiJzbJHJgyMNgUoWUOXWva8EjWnEihfNauZdUKuFYwxm7u/UA5xg4eC58Gn
            nyA=
            """,
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDHaUA4p01dowH04aZZpIa4RfgY7Cdpeogws4i3pIfii7cz6bZSuFTZoqeJ
            TzjwDe7Z+6aV50Iq9XbvcNd9F2De4Nw4LzkV3yCRTfYcpbXJSNdFfrRGknc2GoQRmuhhWRB14HqSeYjSkBxoZ3lP7i0k2JtfjC0cMZNC4c34
            SdbvN/kjHd6VJVJ6aErCX21Yuyl0EvEW6HJVEtKGq0Wc6/Mr0rSpA8E9Di4x7A6CZnwUX+eaK81JDCgjBNflS4He6tI9s+Rj3qq4NSt3YfEC
            P1ig4xTzya8vPGMff3nea6mkBRhppACZjUZY8RDMI58CrHOylaK4efgkZcxM0Fz3SaMhAgMBAAECggEADXt5QxtUqMMPq83h4Ge2UBky+ARn
            ecM2GAzbbocqRM/reBASKq+Z1QkhSLBZiil2/7f7AGGdYKgt/WxktWlyPD95xDa1JlxqqEhcHn25t708CM/TQn4+nyLV0RbnJUXPThj6UJL1
            BD+IHCr60cOpu7cFckVY+3ICoeAAfAwKAyxn3bScw5M8Zdi3X8vZUQSHyyktbNgpO4MuwF+AkXipRihRp6pMZt2LILQXgXzByUwpr77YFA9T
            X49JUVDuupKEdbzsqGtEyWN4NuMYJ6Qvf6jPq8fZRvn5ZyhWO571hrHcvwI6YRu91PPwIu3JTji4IgwyCd5y+bqi6L+sRQr//QKBgQD/GAkh
            5XGs4uyGyHtEgJD4GEub6aTbcGEbEJcMlXMxQLnbDV4HW+KUE30yLDiR7V0ek/25z1VbUGW/m1to8QFQsaktDHmeFqcNWTFS6pOr3h4y7bCu
            4G4Pr1IsIa9BravSqXH+me1iDQHQMtPfQ5btTIyomwVgDz1BeR8wXKzKzwKBgQDIHpTL7ZQadx98iXLbUYAsLTa/E6LMPQICIcVdFQkX9Jh8
            PrDB19BgRaZBLYxrGj7fNwbbcIEo+uj+8ttaiEWnqeOjN0a0qO99tu22QfEreEeM4yvyrt7xcc9IE+gw3XuuRdRyspqUeDQOkthfb3gRedU0
            seiOmOhCh0e79aZvDwKBgQDFHvq3ocj08yoZgUSYC816mbObmLHXDIFNW8WNaNNqBP1Zw3ucrilpiaHeKoPQaB7kKTIQ6qGn/XmS1eeOMWZ1
            x8PWVuSIADM4wmq2CyTv06V8b2ZvzGfgYPdbuO/oDd9P27aGKsZgVXLIQu6sgVtYpiWviJNfxobsWD98rLCtywKBgAYIpgPgDe8eWFyw6D2k
            n3C1jEkGlooB7OWTjxfXYobOYSqd2UZ+81FzyCd+8BTqnaqtRg+nvL03k37cY7C/GxqLDMoHCKK51T69HT25j0P4RHADCXgvvZkaDV3m+8E9
            bFU81cL/j5maZjdqRgvamIwuWDdWheSGx7n5yjfomDQRAoGAOSkoeQNg8AWjN3oeYLiIjYTnRyGuhQknpu0TLT8gBvA8bgHJtWRDNeR1qF2b
            y81OjGqE2Gmb7aDBeetX9JgGdBjSmWJ0Mn0Y3p+vqmD48ecjQgk1NEzQnZkJ9SpWkWj7avTtAeLygk8PbQwfz2WKZqYSvIenwt/uou9W1f+R
            XFY=
            """,
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCPKXel/K01Kfdy/Kf4G7ehCWIp+fWUgR5+TNpQz+NARZeCJ3kxatNUV9tJ
            9ZnzgwreASg2U19a9zBOuoLQvN8vJYEbZHoCKdl7mlH8JubxppgRdhtHzTRLykIrB3WBwip8iqhVm/hE9Ev3wlLr2nL34JTwHieokGRzE9HV
            3pAjg1cbpgPCaqbphyPQgxkilO6KWVNlHBOAbB7RNW/WHmRR5aELSlc4WhY2Jr4sRHkymt4Zz03JUP+CqGpNPzStg54GLyq92fDZScOiwEm5
            FfNaqdxulHJ8wJ68FCY4v1kBwbRUQXcWAq64/elHsi6xIYCF5pE2x8gR/V0OaJih4HVZAgMBAAECggEADnHUKTLL9SvFVFxKxF1jk0ODnJGk
            ZjX68ipl8rZvCvqalV7POx24se9laFp4DJphu9GpEYYq/l4niSIHdfFAoZyqoK1sJBC96VtCP2tbbPFusYBVs1Jwnt8K+xV3FT8Wk1dYMb8Z
            dzeg/KAmRrbVV85YqLuaK8dZ40SSLP6WU4bT3PKuUolaOTC4XdbgPnbH2nhPAfPoEekKy5IgUG1uy2Iec/2KRF6Mfor20pjNoHODCsRHgHaF
            u7GunjxslUDk6q7PXqCeEt6AR0cbkGMQRP8xKOD6Sc4B6T6CKhz+moyo9fMh7svGG9lQHmOdby5GTIRrBHnPNYD9mEVplwfDqwKBgQDDNuIV
            9CoE9/RUlIZM2trhjwG2s4PAnDLL2IQIlooxMQ5OoWvDJ8jHkw7Ed96Ss6HhYNQhiltUvSyOfmFeNKsC1m4rNF1kHaS05Hxq6hN92klFCvxf
            iyDRa233z0gfel0fS+CGe5N+EgfB+ChUH0IfG1NWE/uFEdc1Ly1r302LFwKBgQC7vVU21Q85Booin4hXY0VuIFPld4u9nYHn69y1wme6Otdd
            8j3iNqt7xlNUfOpLpbN+rTMQ9k+S9B5osYnka/ly66B51rj5shRRSGI6iwCnF6zfUWSTwW65E7I5nXj6U16jmsE6PbltzA2YsqOCTvwvWNrV
            DLy/18gJbqYhEgqJDwKBgQCi47/hK7yIKtIwZUJvDMtJHQgECGSuqmdkWsVJWTv0cgeLKvx9ekv548aVv6Pz63nvUtmPJyCwY62zNNdQQUhU
            9NI2sNoguO9/lYwPtkQPZr5uow0VOEVpGWhIOCjpQzRC8hBmhuT6dFcOzl/wWajVxfpSwBfG4K0fjr8q3MiafwKBgCDc8521jgSdcHC/HE6v
            weeVIRp54qw+dg7y6p+meCHRSwHW9Z4zk7EG9m9Drn+vccwq5VWCyEshEHGjIlAp1nCXbm/ldlu/IG9aDFfTHToimtA8ny5+HbOoDvqm5hZr
            oZVh8ZEQXPUrUvX3z0dwLBTdqPDCWgf67bk49Tu0vMNhAoGAM6n8w0h8bLSmXaq1HGhZV5XS+6MUw+YQOnk4zvRaxEHAtHr3aH8pP2nFpn7N
            j8o8UNlB5KJJWAVBnkuVQmod52Tjrs84LhU4YVrhOMua6eMS46fWu4mrrK/yWvwdVUOSGxQ0JMw7eJ3zlbOH8v9puC8T1MnxMmX+/cMiIBOy
            NJU=
            """,
        ],
        3072: [
            """
            MIIG/gIBADANBgkqhkiG9w0BAQEFAASCBugwggbkAgEAAoIBgQCTbx1hQcMJPhenof9jfzFYjoYHnVUscgxza5BNZ3NxfTCJTt9ocJa0G4H7
            UYUUgRSHeQUZRjAk3XPkoFQWSkkDQd0xkQgnVtsgy56Ot+HjTsvsiktTlRRsitoLtwZKdYJSQOB6W0Ec6bicDlvduvVroC5JbKt+tmNbXKzc
            1DinSA5PATohsraSOyGxZS2VYxs+6LGwOayFY02OATr0N28M2noU3YpFQFCNdPrvWHWDLpQpNXwQuqCF9cnJb1Xm4Q/21t38vFWUi8N7/L7K
            qRIb/8Y4nYWwFQZVaj1QFTJx/UBDXPV3qKmRuhCBT1wZYAloThe6co3ab6f72RTKT5LlbNCQiITTlRUQi7oDTAJFkeQkklfBkcJyMK4f76/n
            exoVHTCLWNEm3n9UYttUdobFZyfk3hzl0/qymrBgE+rOZtxmgdaTQ3qZMMy372YbSvpdGKmNzNvfBbrM5arhlr33FRbAxbJkAQHhlBp9qsl+
            XmJN75/n06lnhncMgwbNj+sCAwEAAQKCAYAFEFz2+TZEvAA9/r9x4G2GeCa8XjgNtcEducUUE4iQjlc7cB0WTj+u4f797dffU2usF4kITDPd
            IEoZwTQCK/0EAqAhUrTv/Pi70KKajlBQ6WTxs/JQZZ909vP0UQ4DQrP+NUJAkZ/T6Wcw3QFkxUYmszLDzNq7GHKjMbSyRQvJGx16szUW8Td6
            IFPQ7wO4zNWjvIRV5DU7w6RnSz2GI91JmLt2ugFEzae2pBz2WZh3sALgw3iGbpKS51VN+Of/bR184kAm1lDzWkcePiN2LSvUnXPmdL64/exj
            p/t4drM4l9LfnGeZWcyVdy2/8uz0djx6BXRlpGuDbK1o3REFgM/LgcEq5eFbUESe4tXJ4uFOcP8O3QRqfF/A8Wmt8DExyjHsP20EcYy9Zrz9
            An/WCAwbQHoUuhedYbbIwfiIDXb9R6jG8m5VLHqkOuVnxucz4jJrje+VPhBksYi70jhx9yP/kL/xTp/PGMscqK0BycSrVdZ1DxqWMufgpC5k
            mqirW0kCgcEAz0tHq/0oHUd2fACAWH3JNfFaSfzVnbTTPl9HBQtAQi3puzi6i9un5wFiflLW9TQQgB0EVFe60Rp8pIXyqLfP6FKGBARzXNWT
            HX5bK6ccopJwN9KybyfTJ+h5e5JUfGKVuoOkP6lT9nAPP/+4Bwo+hOyceuc3E3jtL43HqdetRQFuQ8xb+AW7ThDTEVtjR013OnQLJE+X4TX+
            6c8ABkmUvth/dMmSQhtB9+aiO4olex+xj9mJGME91gdp6mNs0PiVAoHBALYTQn0MFNMh5tBN7wdOpzPtYdIfXA6pvNyLdZ3tNXrdYxsowV/e
            +5v2wBRscEj/ZfEvGEcxGOH2HLj2WFB3qBziQr3BHFwQmkT/a0UzfTLUEOJkEEgzxfibYhfP+qN1zlcI21nWP8gz8A0qvyl/maWED1B4R8z5
            HWFNIczeEcffVt3EO04n0aL5k6yvMbU9DR1fAInT95glxuDRt+oE8scbUyrwgxtYtELdKNLthm6LtRNuftW50WfdjgK6lKPGfwKBwQC0N/2S
            wGBsvCF9gy4SQSF6nV9i7caF+pyhIFJtRy/RmXsYQySjzQ83XdPUgY7S1TX3O8L01OTdQIrWuoGSP2Qo1f4fZgMp1aC2RpFa7UmO6YNYdPye
            eOAyVQGw9jIvhcIoyqQ0mLEfkqMff+HtdPGPvOn6TCRs8Hg9HKVWuuSwFqNXnEbk5Y7HOwdVkr9IUUfz8MlzAyPHL5t0iHu7+6KvHSgKT+ix
            QmNi9AddfihB1/cWWgjAFdj9x6pElbYYI9UCgcAQGjvzGzJsSb9EBOBy4P3glcnk72kQ0uolByBryyLDrvio2j3f4LSX4oayR7TWf9/gKK4Y
            /bqZoU6A/ShqVWrEwy3r4jxD2CQMnho6kIcuC5tCql7WQ93qUrOmL3qXIkARanMbytrxNcaxI2qsnOBVxwwjrb+L3SxAArZOjAU+i/3+tvAX
            xWXA6BmrWAMpaDDUvCYsClcHWa/xChsd0zo1abE9RvARZxLqJu0JWoBdHnXxNgB5nmlqqil5DE9A/LkCgcEAjRgDuhNOBFNdkO4k9tMp5R58
            Gm6YxRK72sYK+zOGRezlUbC6hP13WBWJAOdWrjkRtpWpsKSKK72PxHh/ZdLIB8DvY4pDQUkyxPvnlxjkUY19qwkaxX4YCTiBG4nMF6owDLEI
            vvmcVGu4Pk1krrsLJw4wSBBXHFgqA4kvby67Xzq+xlSybvzrfmxxf/yoaDFCybLZ0XvXs3JUsd/BqUWrfQtbdQWvFGauZA+qdxxZ0Eqy7VwR
            PnaBTTrokXAkTgKs
            """
        ],
        4096: [
            """
            MIIJQwIBADANBgkqhkiG9w0BAQEFAASCCS0wggkpAgEAAoICAQDakL3Ygd0Aytc8l9LshgWsev7Mw2A+1ANjQ5JUd62E77fUYcZ+B+3R1RNu
            m7utmZ8j2grL7gJSKdwAZ8KP0Zc3+eDb5T1Z3o9eiGItaYdmDGnSuqAi1Bl66luOi/l+KtV9Z6rFUTVLBLLv4gqsQeYfX6d4LStP2cM2t4DF
            0/qt0KBHNl21ElOdh02U2fX4ri4iv7puICTkaAiKLBb1RRp9BmYRJby/NaqlfsXM9La0OikjDsKetF3E9CAQMz7HKEzsI1haMxiD6Z6ueBoZ
            N/pZtfFscDN+O6Qr1t8fvfatEPOI+6Xu8wsQKVFuo2PY6GTngQJRzouNVGD6L94NsiRy5NlxJzMWYs/q7MfD4JDTxkRKs+fPdVtC4f+3Td6H
            pkRE0OgdRtrRkq0ey2RvKuj0EBvzIzbPzzK5gSXVvlP2ev3ThgqzC122ZtyHDRLzL0aoOZJBf0GDLqyi08I+LsqPQq/UQRTenRBycU0hKdqS
            jo1I6k7vCVKcHKjngFh00EV/oisVHlMWD9pqE3rDeSshLAcyJsRCYz9h1Aomof8sjwIa4/+7byP4GX+svei70FQub8TfrQxPuL5Qo+/MGsL5
            o4b6PV2NJkpRoiSfvKMLMs3sKVlXum10LZa1WyvkOCSVMyqpfkCRmmJklqWHphIDvCPUX6MfZzrswGNPVyHZBwIDAQABAoICABIotm03lOoM
            8EcLgi2+kNgcu/C9RtDRgpqLsaus6dDCre5KVViBRiQJ5PxqmfQ5cDxlUEJTOwQikDHEbSjPzBWNgD4k1K0TzauX/zgwrVwwKdalRMq//oH0
            2LiGLqtp2aT6qPiN37Sk5k0B5cscCoeOxfY5IoEW4Z45LszA6PHqBHcGMFDr/eB3rl1wonwP1Kt0bIPbzdTgQ91e/mVQYXwDvRUtonnsdoob
            d0mpB0kAEAzmnArdh3Dmq4dNCqk3UvTHlv6fgijrjxCFz/1KZlVvxWgyBkU1pVUzHASiHs2QO/uklMu+i6vDEw3zK0eJP2DwmgW7+GI8oXYH
            5hYTN+3gff5u/5v9a9VzHeu+nqtRhD5a/4DMua0rWRuDxFlAyJdY3jORI56ynxknirIf863ZI0FeBqHNJqfCzt6vBSspirvA16Pg747PrM6h
            C8xXOOtXFq4WUMsaRwPDYYwir2QrK2WA6P7IivtiXs/+CtZhUuyroYlcondG+noDJrkysBd8Qxoq4WlyiksKau5JoHsAAcqK65/NM7vzqfg6
            j+nGEytaMmWR3ks7LGXsbAkLX+onHc8TfXWTv/JQudVubd9xhV73zUSVXRtu7mgEfh6aPOFA0irR9GlJ/ZZEcy8KNSuQum2G99KgFxF4tl9H
            JEsQbvAuEwabo/DHA8IGUTvRAoIBAQDyshldrIlF+phqgCej/HbJvoKjTEZiKs24wFNn9kGeyPxgwpWm0YEft/50jqzuWOjf9dKpltE09CTX
            8b2sjhWWerQ/bB56Cugk8hEOzC4du7nmtDa6NtYY37oqf3t+Eojg0u9Zn23uQzPgCQ6LrnaJEgycQhC4eaP4jQX7vQS+iJJDnsMzQGaUl0z6
            9Oxfnn6oo3w899EidHpnpmBdo9Bbo+Khzr12hfufcsuvwUFuqL7p1EYDbWTzRpU3IZEnmuc4eKRZ7UNCC1sLlCdqYOUC3bdYBnOwFMtMElEQ
            ZvsC46MxdtWxGhGM/nPhBsT3V9xeOt+LqwkvGlCP0NJDO1I5AoIBAQDmjAG/vowftaPNHHTb8Wj3dyppAOkd+wGAZsu25ev89RghptlqkiMp
            Yz9W45jVFy0MRWpe03wY7hgYRY+KkCGNfb+eeR88lK+7wFIUirBtfjXVhdUgBcROuxaHoUjcp1ddIn4dFIIltxp9aoOyfbVs/tUgY2yryKi1
            9oEDL4VBBab4ZxA8/nQOVtU49wVKOK624aO7Vt6SkxbX6wsesNGZZQRWCzPWraNEJA2icYF2K59WLH00PqA95abM8gx8bYUeJa3kvnUdwrXk
            kh4yeCpm4HrijwpmQD9D1ScHa+81JlhdSge8KUsR3ww5UXefF1Q7ip08wdiA4bsIuY6EWYU/AoIBAQCMaehtHu7JEwRt0bmdkeq0LEnu6qlq
            EHO3qWZYJsyuboA+BzaILnwzesN4cjexKrWJJfN89OoTZhGO8qkXlZj91/5DF23GlFrdTUP7OLyRrVQQG0HymNljyMUv41PyjAyvbrrWMnxq
            tmzj+Ll2rTidc1jiawK7iH0Kx6SnkiOVjPR6tPcgxujSnXsHUv8TD2MedH/j0kkoUxWitErawnVBH992WGObmEcNaGBaTkhqGq1iIdNkFj2q
            1rJsFDqkHGYccQg9kx0vr9w8JbpsPKUi9F4oSotSW6WHXK2T/NDLSiLX8nYOIhP3bBxlHAKHTEkOJ6fAafNFUkc7/cg457BZAoIBADpjfxXm
            1mo5gJC0Akyp6WGzRoRtfJzhM1IntrRNquTX1hK/xRSeilUzE5mX7t8ZDYmsEvKNMULHGkcbZu0676R8Eom6N1UKey9b1+3n6iLw8gVv7bg8
            falK7LvQ9zkbEJ8/2xzWUtfmdckJru0HtWkzaRrY0272VPQwyB/cay06lz0WLSCleRMgnsPcm/ReQrGCmAscRyZsJj7tAlX1hkAJO33nPGvE
            cjMRxno7sQQSrDoQ7mzK556FiScirlLdEfe+pznlmpe89oA7GXbCxEpl0/mJLKMU5nDxjP7uMRkO6xZFZ4waES8nhFsH7PnX2LdztbrrhT+u
            68Wb6SJP4dUCggEBALOegIhnjEC7PqhiFBfxCJspSojHFYdxPX/WpKxBhLu4nFVdpPtjcneWbeID2GI7jcQHnKvZUgTwL56NWOzVjbfAQVkE
            0589sQBnFhIOOtn6jhoaYbrWMPRpypl3Ya/LlWeAAd2GLaz0Gc8ZHQb+i99LDXxpJydR0tMNJbwMZK8OUFQXspk1Kj2b+x1tGmEYNoC6H7vN
            ARBCw1vlacl8nwb696RmXa/eforYZn1UwtzzlhmxVxs5TxdMZTn+MXL7cWqVXinnyhFhCPDYA0CVM6CufjBAUTq7n6Lwl8tri+HSt7hObs1W
            Bf1cY8tEwI4AQh5lxAPpqrHxzFZ1hTLMFIM=
            """
        ],
    ]

    private static let inside: [Int: [String]] = [
        2048: [
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDK48zR1c+c2IOtUtQ5Ar/HBD219YXjgHP7HcdAcv0mWrBvf5b+BNvZ0xg4
            GzcwX7laSbbFy6DLXlkqw4LGf4xKtN5Rd1GGhINGM4mSjIZZ7lJDzJuOhG9yDBzaKgVkvOYp9nwDFJc8bNtcyiTmZMQjIK/c744kSBe5WdFX
            e8PQgchrUAYkayN+HscOHuUUDDu07hGMKeS7R1RrbyFIoNyg/GXsafLX5hCbSfG/shleBV7L7B6pyakn5qggkPaJa6wzog4o1tSf3t1SiASM
            ZGyBDfTncCCYcNR7ALvsAUo7E7CZcEmM4k3TSSB0lQXCQgoEWAPodXxdbowfl+TZ6T/tAgMBAAECggEAAVvrSFCNVnig0S1n3IXnMPcXTru5
            TN/UZw85AXaDuZkL64NISKVRr7DZTa7o/Lr3a+JohgSqLBKSuFWc76V1FB8ICjWpZyRGGNdJiaDFWZ7eEDQzqo26jWIFY3S6moUlaYyMIh0m
            MjJseb+k5aIxKicS5oD4S8fr2MMAQvzCQAhLdHFYORKa9MnGD6bUKxJhHtu0X0AYFJbIAWe082HN1DiEa6KbTa408nSoyX3G2F0lTCU+HYWZ
            i5QJXCscG1znwGuUAksMnMfynbKCSuj95TfD5KhTRbQRfEBixNxbjc4wIdHPP/Bq5UBlgrH3TPxtyWIHK59bNsnPM5emSVP94QKBgQD9I0cK
            Yc1wqJH3PD7VyvA7ujdyYFde2kI6iaHqCj065Ukxmxn1uvJ2NttO0S5/lYuyqJKyDAI7WfBwndcwE/Eq0DNF9CzcuCi1cLUihwWJ428kDjaH
            xyUjMwlWub9Tc2cqmmkWLr8gMKB4POR2cAzbdPoR2Q+PSr3rUq/kFyX5SQKBgQDNLxOsyuFTjWXUPKeZjG9G+/tMZB2OOlJQAXWJakSaI0wy
            erMornCc6/Nzm/ZIpOiqzU/xIJG9l2PiQI52SubnP6stv2sLP3CHuYOUzTkYJIZCUKRaZ4xPtawoZ9VB6RBHAyTmihEyflVoBK2lgi7mXCiO
            i+I7IUFA7jt2kZ3VhQKBgED1tptRcdkBSUP6790JURDivqvZUVKEDA7dlvFqY0Aj6t6SAN1wdhwkA698OsR+6fSVEeAi+MemUu9zce9ijrb/
            6sh+2qxhjgDRxYnwwFkcRj8obpH1ZvBbfoAE9rZBnS3vphwNLvrhv6xbY/2Iz6PZpvrBix6ofYhQFdcgoZwRAoGAeik8MpV8AE3gQbN3KcFm
            A0JFRR8aRbLNjRrBSvY9L/QyCp/pCSCKpbMJeFx0Dp44dHDW1r5IZzO6YVuENkO0JBxRI2SjK8gyjGxUPgTNqGUell8C61xZOp/0hv4DB0Hm
            0hC6KJQtVv3Gha67YB4ZJEfcUbpREFllS25LcvWRni0CgYEArZRUe+YdCArleopXWXNs52iohAkDbtYnS9Rb/gn9Cw4mk8zkaMbC0GJ+5zPL
            QAu70gdkYiMOOW/6aq4xupJjoit3y2AtbD0KxLy4zCbOtrUV7W4EwHKrLNbQkR2LFnxeDzMs1Bao0fMe6MvQQ7v5zbSglJVoT4sCvoYyHdCW
            iUc=
            """,
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCdhCFvTi5+jm8+T51SVxreDL09Lrv0SG4mbfGEbg5nKrXMfJmQb0hCVTee
            MauN0trB/8m3+kmA3FZXN7b/SSghUDH4/iFuLDM2YCcCbuXfm2J9mpfV31Iukx31AkJ9oOA5sb9OZNIwGSTByhVk8XQTlZ+zAZV2Z+Ym4liK
            jeyu9GwtMmCoNQ6s3qDmMOC8Hq6v7taFKTqiZtGsgjas2NrZAF4HzJy6HPfToMfSj7hYRwFpdZG/Edx3WukXdAYYjZROVsaVZgsCve6PBTQ2
            3WhZG44i8M3OTy4yb7ZIc7ero9BYbSLOaC+bPjlLFo/Q+NFt97nhHJ7PxF/SPKgOIggjAgMBAAECggEATHbF3EhxnZH7Qp5XWo9aRYydmMPF
            DfLTNeiNI6Jhb4d2NUwPJ+Q9iaXgl/S4uOIwu5g2Dg97+wf7Cd/L/+U9i95oQ9zp0Ze3TKAkj7PR91hw2VRgfLwqIt3b3wI30NB1yMwWeDHN
            LvgltcUp2ZS0qoUpvzX3nkEVoq6iGLCIwuy07Y6gNXLo/ay62v06Z9X1VwKRAJGVPXSueOXMGUxbFtO+1QmUyWvBTrvxEUv97+6bgSiZSZNt
            rhIweKa6arWoEpHndDbpJapPiKkt5gBvhZCL2+nMMgfeRQL8eibJTulfH+eaklRMQkPCN9EABAkIRGuZ4UhsYpqCcGnSNsfloQKBgQDWYmv9
            fhB452FHoEvLbpE9Bxvo+3AHWewdO/C0gKhotELldFGZUgNUXkzs/gyXTVSLLDQRy1LwY1CI4GCPNnx7aTb7Sp+pWVuckgJIEN6O3nSItc96
            jY/Fhyh+89gjn6V/KvVh1siVMRbDqB6oaGQzwqSHJUSnhi36jTLNWB1uWQKBgQC8F7SndwuB/N6pgGkJ/yhucvWoW9olNYFy2IfP6WW6fZX6
            7XCqpIbshOFFNu6LJepfEQONW01OyLUsGPSSgQ3niMeVz/IxeRNbDqkJF1kCZ612l6bu1KF48tongFscpro1fIeNxjWS/bMZbIvabcUzKqRf
            IPT4HbWTlFhrADly2wKBgQCeQduMLpKEXfHvCQLKst1eWrAcxfgGRThKwGPJK6ymVmOHtN1DvEoe7toEnOm4i2pcro3lkN2x/O6HjHNbZRJx
            m9LtoEHKpt887n/mqSVR/B+0h9oYkwXOAB9B0En+yixGevTXe9FoaOtwFdxD34QQvZ/s7/MFY8TvT2pwMZrQSQKBgE+MYw30TfyiunTLZyEg
            NbRIkFasyhy0fVPZ+c5Xsntlw7mFFAJHZPzA0hkYu1hEJ9Qe+Paep5prThwhTcZsKDpE4cwdTxvXTfVTxO+gXTekK3udda9KZCQn6VWNdnsu
            lFAso5O1QVEyVL2q55bwl9ck8LF+2bvZrMKGmcJfLOzDAoGARFsHI5fAo5H+PGP0u6yQrmZHumzrziBhgWlyMUhp6/y6fMmW9CzzHlOLacNk
            g5HwgKkbHJaOhkRRuHsWEPSFlYxickX3+nE6RrmWSIfs1CifHE0vzKJVmvrMnRiZAhQcT4IdlCsFNt2jvRSCaih4TqDIU+ma3gwr78etnYQx
            pb4=
            """,
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCg0PQCSTuwWrMD7bwqagSMVXMoegLYaoSb/OWgGjg1BMQc8kQuIT1Mx0wG
            O5+eRivUoAqHIgFu/CM5PpRlor/BXJHIFzkXH1uiMSxUOKvsh+D0mh8FK/PWOmJeCXDXfTUBFCQ+vB/oBgIirPTK7fluL9Z5fEXOWsr76GRs
            o/VhsWPcTi9jFxQ0CGOBVqkYlzPKj4sAi1wMIb6gM+zgMSB+GrCyjmM0BYE8zZiZvPa8SvnvmXtFi/dmcz/GUeJ9c/TWjDNadSDDQwh+Q1av
            6Edw+7BhIwaSr2Z7O36D4W9C7UGWspa5w3IPb8rCAjkS7lJbpisYcQkXjug8vVxmnnHBAgMBAAECggEAFP6KaHT+j5ybo77o0oGyM87hAI8D
            KZUoWEPpB2B854EGiD/hgkMxIUGgbWzhvvQquzCkhzU7ii1s/MdscKNRVNE8r+pGN/xORmuUfa9DVJb9mXk4ZQCyrcxD9MJXQq6UGZ6zR6Rg
            JvaH11aMg6STLF0e6w+7/j9QohfZ6mvyOC1O1UElT2dyo2bgJEBp7BCdFDxfzwZxodRo9N9o2wKwt4DGCOnslQnPfzo8UDHFGEZu+leQ3TUU
            UWx0byBAIbsNtJ02BrV17Xoo82sxBEBQEKf7P/LzsZuKNTOKGmLP+A7k/Suwos8W8GJfGfJziKBwXHRTLKSht+6GHQ8Qh6ONtQKBgQDhmZuh
            NWStcFkjVT+b5Ev/SlTQc78NmL14WjHqesaFvChWk4YVGoP2/tMbUhYnl8yglcXUJhtrcp2ND6nR0WTIOUpcPXFDDM3lUeaot0Yrv8x/eDml
            kC0Wkz7q6LIbflVJcpZoIyfMY//I7s77hbiPfcNN0MM6ZzbW246K5AH7hQKBgQC2fIlDDUbc1rbTtA8HBrFHElZFIGC4J6T4kQ4CLJRQzRPm
            eCtlQJ+8tBI+6SwbmQ0vq2vN8AnRe3PrUobI6ea48rcXL1ekU0m3U6UCTnAdcYZx1XbT/QyCd1UoQgd0LTubpu22XToae80Eql0Ezadu1e+9
            3veilTKzwrTTgkO8DQKBgGWt+AkGqaPKOULFj2/Ry7b6Z5O0N24HY441CL5oK8Xm8j9jKlGkq8nNPJTZwIaD0oSmPI3Lxxv8gqorXxzkRYpA
            2BUO1FemE77B1TZBtGzPe3oQU9sdSlUcdIUn7+6YWBRMgyHYhn2GrKiBieSvdmmmAzq1Vuih0IOyXWKYNZSJAoGAJtt/0uJJ245w4cVuib14
            FD0oV5HcZnoym6cvh3D8p/PzL9kYzHelS+ZAGFtIRBwj/amPzAs32/5goZQyFSgRNAKiz/IJxHjjsoDCGyqenvZkfWrJ4bv5ZPKKFIdy1N8o
            2S0DYxiY3bjM4BhytCoiY+x0H0cSDfGdGT/1hzAuwiUCgYEAgd38kHXkzU7Hb7PmWN02E+l81bR8ui1Sckt/+K26bFC9dWnV0Gnb0WmG+Ufu
            utUv863jj6WDXLFgDrr2WoeARoRdX8xOdWtBPAX/dS+TbzlBMxBjBJCQamnmZccWqXYju0g0jANcsA8G3+Sl4Mqv8cFRMAPkS3YDL8XEAjlm
            V5A=
            """,
            """
            MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDkcOoMNvkAn7AOmTMKdLrb8HjkRCcS/GWJ/hrcWytPLQ7IX6cEadlfMUGj
            F3SjDQVc/yGX8TZlNRhDOEB+J2DAi3ZPJeeNhOwJBH9Mo+1SzvFYvaKtg4GrDhMdLts5LQ94jJi0f3tLZEGc5Neo5aF7Sc+BztwXfzkCPreJ
            vjB3TSu6Y//6SsMzyG43/fB1eHtXdmZbYx/ZnW+3uGZF3G8WsfHjxAqNf4lu34eO1+b8hFnLsp+luRojm8TA5nX4gkumHz7Z82pZfVzifepR
            PfLH809FIvxW2idJoVpWFu1tIIKaeUCStgiiZumLWKlv/FHqxhRu0vcCqSEG9WzuX+OPAgMBAAECggEACn7RkfwYlpm/mfwZ5zoTt7UlqL8k
            2G92Ls/Y5hTeOYYFbtlOMBq43PHDZT3XowIfI/Wo0nVHnYDB+5yjAejHPjFqHxrLt6nKumNVgezqI2rUldIonjYzh+ten3GeqtLSKiSzg190
            B7O0fAPbkKv0Lljmyrz5Sa8TrHG7Nv3g9iokQq9YA9VO1EdLpyb0hEOJVxGd2cw5mua9AgApAMU4moxmscjV2XSL+6NfMsnwJuTScPFG356t
            3a6F9S4HyK6FKtQ6PzjtpmA5h1Z63wnBIIyn9Co28xggNg5oAul5hUfah4oPQHweSNW6+1YP+jClSQyCvWf0cJ7Kw3cNXslhYQKBgQD65p4o
            pv3bdxJlo4HElf3UGbyXPbqoZppJAYh76zTr0eq/A2hxWTCgWZ4w7MfYlfpollpdFBDGeDsjVC26/lJuzIqDXtThmperiG5DAkYIoSi44j8/
            4MadeV9lCyHgdn5nCPWuLehSOhYdTJOnzyhS2FY13Tu4tcm1gAtc9XCB/wKBgQDpFXFwsHTk4a9SmIOuco/belmSSkm34ogMNQZssre4V3uC
            RVGDEvIzHwCmn+zyhxq0m6ZTU7b+iDr/JMtaatCQ+yGFifuvqOMmdrZyuJjYsj7E6Id6X4oIT2W/G2OKuyvb2pUaoxfJM4QU2RR5kn3UP0K9
            rCS7fPmouH9f0kV+cQKBgQDE1CidMawTAI1xKN1DsHtpaitV5rpJI/zDay18MV/Z5FspMG4+Bb8s/EEqloaM9dN1OwZ24KfsWyPhqkcZ3Cwk
            +ddsCfgtaE615ZjCfsUcPfmpWOxPm3GU1kOtDBeudKbjA9dgpmkMIL96irmHOu+iVk8DgKQ6Wnp8JZBEg9OYVwKBgQDWJ+yV5JtSnQXQdu8u
            fnYs60qXPghjmxDzXljr0H07M634cKZHL0Y3sDmR3wj/gSEJZqW4lAdj8Fl8ihsJlXDSdNtE7hXBPQSQF6zk1TUijQtdMmUgC94wansKzyhz
            lCvlEf3DfqxhIiMuYJIObYmNVR6GVT9ewKJG4lWt/e36EQKBgGYc5jkaM7wd2kmX4UIkgdn3PJ7UPu4Xf0mBeF6LpUH3cyJCgdX2XqcElfyG
            849Ws3XJ9AlX9BGsoIGZ0/S5XRhoC5mxfT/D6dXHuuT62TpX+e/TRe9hmKCFOgY93LWdDxOexKR2B/CmnZa6TKSfZkqqtQb5H1eipNG+DccO
            ctqU
            """,
            """
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC+aTMA6wa5zFZexV82T1zov+55pWldl+paQnJL76UREmNmCYDqAfIi6PoH
            MUcGFtpYyF4Qv3CS+THLjQWeyG/vnoWzbJIlaCwiQxZke/cfLPVaYGedRnakQ+PwFtgbneWgryFl8XEft1biI2jBq6kejbalZZB6/KRVG0sZ
            aKfvD7pFSOhq33vqHQeLmDDpah7gexznQ2s4hGeCVNh0ui/YO2cAAp/+Sr8F9JWsd0LKBqiFeV4EVK2tZlYfzyuCyPlo3uTtWn8s7geU643n
            sQnTAC2tssbFJf1WxfbqLoKQWhmLde70VJltYzdj18/Em7l/9XDn0VKlKO93S2ssdQR7AgMBAAECggEAVhTBFh0qgTy7n0Sjcq4WVrLOYPhC
            1ikjrYJ0oZfJjBpADZUmTqRqjxW8UxwX+8zBEXoj7HZfslIuDNPIQqxiznVgBGmE+JxLt4GU0gCpC9MLaLxEm3mLkV+P4K6zLGkJssb51lh8
            x9Xe1YUkisnMPx/Z/pQX6UHmGQOpw+boZM5x0s2ec0+rEbLYPhokN3JLAkbWmNxSp2RLFGNRIwxULYjLiwp3BTiRr6LCt6eyMBeqPNd6QYhd
            L8mxrDXpntZigppeNEq/oX8njU6vi6ml0RLc10jv/tbfLL7hV9qQSApO82lgh0ZCIAT+9B9EmAL4kKxFanqGcM0OCYvRNtezoQKBgQD+Dc32
            t6un1qWKyBEyfKN4YH8Bx+C3DNnX2gbo9lMk6zGe1/TOGPpiN/IUkBFOWfD4+ulAigybWsPeJA7i/jo+sLB/+dhDKnAaFWuA+iGDkBeRGbMR
            lt8G4JhwykUWCZeQS33rWz09NofvKgy6m3+wfNRb1pwpkv5hnGzmvkXL1QKBgQC/3peEGJ+SZYjjyN0i+kkH/n/8ko4eI8uUu25XZqVUdSJz
            IrbPTmuSekMvEx1kuzTOTAaRCz7+LAENTxVb3bFQbt4rUEO/RhInl7Vw9uHNtjxfhfOMVJ268wg/ho+8EL5CWTsQjZe2BV8cLynhOGO/BK1i
            tDyVUxzGIkIQ+H5HDwKBgQC6S/Eu7DzqFNLL1C4YMaHGEizQZ3v3f2r3iB/tEUSjG/0FGCOiRlrFT3UrcwHdzMKSMZx+AT2BZque6B4qgna/
            pd2n2tSlXCdcWTy+Fa4hxbYiZxAS4+mkJ2phu1Gx+VK1M0ahIgTkMGq6DMHMzV5zUvZ+af+V1P7JIWYSRpD0CQKBgAk8mwi18sCmeK+WlObB
            K9DhtKGhIIxc5skTON2mSGFHflASpMBYIx+bGS7j+a9Gv+UKjepfozmzPp24Z+vTQV0A6Vsmcwx7QBZ93DNC/13a3w8uMKpZzHoahxQf0z2X
            hMFG8Gv8lQgjPA/sSVTZVRv2Cq7MxHnf1WvIbGvKurGLAoGAWNBwhCPvsMWgciGE5RLHGkGZBUko183uo78AdAbaqGyWPplIt8PMk/Lre2fV
            0QExKxaDSaDFxNYkYPUhSRe1cOLomym7ttCABBG6osi2agJk7F7iN3uDLRYUsQgz0OSgHzsaftz1Mi9k4L8LgnYU6d+kzMcadd3URIWG4LDZ
            nOo=
            """,
            """
            MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDp73ynjWaPIVDxTsTl+pgysmDkSxznt5jUhlYykhTPf67fSNK+331EoHPE
            rLUcEtIsUAjdmlwWwfDNd8Bs/pYZNOPtajiUqdYpo6KxfUSUtOO4vMn4BOr7pPW8yqOvpp/K8BiuRK2CdXFviSJ7W+w7t16+UJrRu1st7VoC
            h8ZsB11SIn4IaDW0DwDTSOXKUrof7zf8SRZohqjNR94ZcOFcoxlj2mqJzkwL7mPRnKyhs8i9yUles8HXO3QYM6BhQl26O7FsJhyr6ooxIhDd
            3NkH2fN/IdgU6eRVd1WxbufkWhX+2nLEeMoz8yfbnqXubrDMOmvd77Hj//qZDY7SIiftAgMBAAECggEACSJnzKcRzR7w6Ss5Nv2s+bXLYL6q
            F0Ys+odwUDMyCtQigOd4Cynw20AkpRZVUA5QFJjfb7+6Ps092NgHNHpQZBWTnM6b/PoQubmA/cs1ZVUW2zzL6hpPDppnWgLTl2U7MhJj9FIM
            MF7jmgZRyV1SgRZs5aOCGBRnwAhXjme80LT5zBwonap94uNDot1OE3A55pDJYGhX6+BnMEMYToCfu+qC5OmNpo7KRYZ71bHOYFtegj6SXfKI
            POjA6nXLgEPK9ly0gjUsmNOmzOlnmXGxTyjHhpwoPHiH8JBrTbvmAks5u3vwX1IRKdn3oXGdXMozRBMkJL+0PGj8C2Da+VQz5QKBgQD3YSBe
            +dky/RdEXZJ8ziGvtu31xqHcmq1uJHXfNJnvh/NB2l/Se+JpEbXgE6NIzHxTIWJ279KP/oL1O1E00gXnIBKQe2fHUPAjn4tdSc6jX21guSMJ
            52xdEETyuD2ypkwvxF4sOanwOLFIs9szgMMnAcZTw4t+xMG1D+6arQJsbwKBgQDyFm1kAFeiPTSB7JCZ7g5LDmaan+w4SBBYGryHyaLM9mAh
            OTPo+ZHEu+u/pcz3LJOCQShvvh7meRWMpZd+qTeJ5OxRXjfM5uhuUL4qcJzKOxKR1Yh5e1gSnX7UZwPQ4kuFUdPS+JtiCvNK9NGsAqwIaazL
            YlWyD2o+S+gyc2/XYwKBgFDK6+OY/hLlDeBKHzmbqOzWdck7YknGSrYaOlT3vP66C/yJ8Zmw1DU0j43rW/y+rCwKTzpBASf+G480HEWAAmWF
            2ApQA4jZKlS4GrARFufMltBsJsFpT77lPV94RM4/+cnv/EG9Y38NRPlVpFWhzBrFPZzF1J1GbW1REsB5mL0JAoGBAOUjAzFG/atrQRrEne2E
            nHTAUa+DNSPkWcv6qn3gBT745+4qZY7bQfSzZiWEumcuAwSjxbFWg4rkCtiQF79kTVQwoNk3U5uW52Ma+5PR+SWVGjN8qGtLqwYbmmNSihMZ
            TiAHXnZupyv6b2OALEEiWlCwLURoc/JQkuAaGtI93xs/AoGBAIk9YTMNTBNKI1UQ3oZ2toGIiZ03tnVRfAb/49UOaCITyWB9vBOuyWljI2gN
            DPjAnQyyT2IepvpX6lUOr2UgE2VP/VhT7idtDxB2VcVTawR9e2LMYcn0QreLvnItGyOdtDLjmcWf2lwW+88ypfkTVme5nNEfOkEgwAR+TFei
            R9cj
            """,
        ],
        3072: [
            """
            MIIG/wIBADANBgkqhkiG9w0BAQEFAASCBukwggblAgEAAoIBgQDMxP/Y6itZWKORhNgV7Mp9j0AKKTtTBmFY8wagd2zLREDAsoLILbL6JQCy
            ivhSuXAnIgXYh/6/c9GBq09QhW2YQYBBs5ylrYFlHhzZn4qD/amSofqGIqcs64B2nH8U2qwfVpa4FKdBUgqslQpTD0lJibtT5ccHe4dpgoM2
            wEcs9cnClS+udUZtyzZLiLqwrEWIXLRLSEWxpTglZ2o+DR36s9ZsUdGu2HsYa5XiK6YHvp6F/PZPA9tspLY9Dt9UukbTebez6ELljEpAJxyE
            dIXRQPCdAm0yLRvVaRmANv8iuFqtf9yt8oanDnUXXY+dOdm4JokjP70dDmUSU7s3h4nvBHUXsgoSRDtxgPm/F3xSDw1UD50KX1l/99tIduSL
            +wc1a0Nku5IetViBwwbCs9FBfd2SIfgjnh1ptNPfvLlbWR3BzlCHZHsDAkm5RLtQnqD0CrUmm8JAo5WagynjqTY2Qf8WhSqkoy8p1XCyv9pl
            2AjSm8XY04IoUZyZxkWwPK8CAwEAAQKCAYAIsNXBAZNMa/gpPW+kYpPnh1Rq+fwEFpG8IjhmSBtMdz2eUBU/5LyjZD2m1kIa1Lb/WjDQU1lL
            C+HY9Indu4P+wcztPO/JklcbEQ+dZumMl5ACYrCMz9yzid0+a37zRiKnA9hKwMmmepJsZ7jz9IKiRd+2/FoZpbMGFd12zetXa6kgAo/vAhg2
            objQtOFjjTQ4SOL4DP20P/RllgGK16itksNnfoN9Pb/ftfU7D6owyvTUb/uON/Ywor7/UWnGIU+7yOoz8yO9JtA7KYJPmwOd+eBo7x0r5Vm0
            ytfj5oFklqaPH022YE1LYnWVI5UxVmJufDO9SpgSAqfDIvvbqAmnykefJl22QfItbVAZLF1Ghz8oiJk/3EeH6rpjgTR4ni0PkboquKh2qEn/
            wEIPMab5J/JXCGd5LXMosE3ruVn+QJu4EkoTjgqYVn9gt6QoTwuJzMsJy4hV+3YU8g1IIVU4GxafFh//C14iTM5X8EwDTP0zy/miyV/TJ0cH
            oAhunNECgcEA7LOjTHd2QxA2d83RB3GW6VP5pVawEqL2YpiyAivyXDnHJR14mCqt2BBVL6RoMREgFnOTTjb3R19cbQVFuv6W/EPuRJjkpbuw
            DYHYpz0A+mNFLNDWwOHCZdUORkGwUj4Nz4TJ0gcppw4uBF6KEe5PgMZOno0Nn7CRZvivox5QbFW47ZOxoNTMU41qo1Wp+q//s1mn73Kk8h73
            /OOby7h4LN/7qbkNGIkcQSp98uJgnnWJQqWev5QuWsjXe4jeRjiRAoHBAN124h5U/Kaq44L6IaWpaDYQu0DKswtV5/Rxc55nVe+Vtb7KaFkm
            ceT3USK/415kemoYu298tKkGcYpovGNHzetZXJYUPCVITxJ/v4kbpgLnOGmIszF3Y0Ry78btdrE79+cjqFUaLwHqM0aPn6s61pUNkSmJ6siv
            tpxkvh6W+x/UUdpZQVwUzLNQRFotY1hOdELS754Y26MeT5+LMawEUGFvBAHT+hj5+4/nZzMJPlw1N0mJgneJuo8rhR2W/xPBPwKBwQCma87+
            rmeJ01ZYeW7kKusN9irqIr78+3L785wEht2KFl18LPJjGm7MIP+j1ZYkGYRUBMKnFWJa3iNfy3sxdFq31xMpS85G8GVhuc+YFf4gDbfPQK4d
            Qx2o91ln8DuGN3cCVryHXN3eRMv56nZtEP747XTNaSMRCdXRbjwfFes5oDO7ZkJXcAaRIDa/zDUMur2vXfQDGLn8OeXl+inJ3FMySfDpbeBV
            ReGFt9iB8sQ35S+ymju5Ovg0gE1w39RXzuECgcEAgO5XUiVUOYu/jF8m+5UWsHMpMN1RQ0YuFid+kjfC1gqolnysJ0q0gAJj4AEq06dXhTEE
            3jER1F2F+HhlRL9m6J9LwaviICpqrnBlB+Nq0MHgG8CT4jaJOi5X3c4dja1F8/DUbUcjGtBILcorwLoudvRBEJfUciWqAH6+GHz5klw/kwjn
            fj41ticCxCUscxqpoMXA7p+2Ls7UuCOHNYgFa9P/1zibn7LZe7vSXuoAvhnVKCDALeunCvbhNorT0aJtAoHBALeIMcN+/8YpeBiyOGI5ohoP
            1ewuHV5+DFsilztRCKSkalry7IqTWb7d7RxAEv5EYNMsGpeyX2vmjUAf/U75Bke1adFGda76Cu6HN08/yWURFrEGPzLYuVo8nAFSoYOq0qMy
            m+NPq1CPkzCeMVRC1mF+D16/hEUFpaTquOPZIiwtro5bpUrQrllqYxGYuupm6qRPgNPgJAxvGDQrj9fr1BeoYoU1biizboB/sgu3VbHY4zsJ
            nb1Ki4S+YP0tz5ZzdQ==
            """,
            """
            MIIG/gIBADANBgkqhkiG9w0BAQEFAASCBugwggbkAgEAAoIBgQC0CHGa5Om5m1TX72dJBdTYKk0xduI/0Vs8BSCxhVCKN6h6vOF83V+6dK7n
            5Boc2hGxhKDC6/+gbxGRohHrHIvg3Ru9At0nJoS5k/bDulg2RkwAvDcdTiakeeTDqiTTk3FcifGJggQsConFrbSB6eEcpScZgEegOrILEqLa
            9+rLxzqWHbR2O2VeTsFJjtJ7TF6omalxnOaBq2oTJIhmMNmwnqNnafef0kn/Ef0MhZ7+K/FJ53qa4HOUDoMqhQL4YlTFcgcR97qgU8hIEjgk
            Co0gYuzNbvR9bG/unk95dUbd79LX9dCg8cZeJnIKkWdeYXfRxR/slOOHqf4lA4egQ6guG8C1tzJla8Y1xk95LtQwdWXvyfsXgNX9x037uvrC
            qvjgn0/QowMIejBWjhJkjttFiAstwfnwlnI4aS8mKTLqzc6njhxZgQ1M3khgayyxJEkfqxZnWs//NO9o2rt9erEHryJ0fKB4lTjGdEcXh8j3
            pGLGUP9t/ReaQZXRe4+BiHUCAwEAAQKCAYAUds8/DZ05sVvkDbz+UnDev3Q11q8iFPCbcnPEagR9KZV3mifBc0Jx5diJ2GZVeD5BoPNLJNtS
            R73GAZeq03xc65U/F2e/DwRQOe73UaO8S6JRBRP4u0zuLkLgMONtv1lH7RAtEr/Zp7sAYt3dVJH3mRhIMEoz/ugFFTG41Sx1zGgu7yJ3vAmq
            PiZ/b4IibMxnusvFc9HJ1IvCsEjm4M+l4Wpuk1+H5bXujgNnHHs1phYP0gWgPDo3Dq0/NI5hYH/Ue9XkEwIfHVrUGOH8ErQwcZI6RUhISlvw
            JyUvu3KbxcDyt3DmoK7nAHPyjZmOVVrN1QjDzTIqQtuYVTf/GSVH8XhzoCpiFua10KyYwDk1Wh89r/5dfiRc+6F/7AEPJ2EkarTLfmaTR6jX
            3/flQg4S5QBRtrbhrCFwZGQcxX+m9yTv2gUOUVUUn/Q9Pc00mBWzZaLJGWgKvEgIHFcTY7SMXhp8zgXesXps5j3IMkF879lhR5FX1CmAF2jq
            02Kp3tECgcEA3TJglWnLLDcNTdZfn+yjss5eSigiTRdShbbYxinJQq4MVAHe/dTlEe5I9B8a/mdN1uYZD7HJpk7s3bP08/Z9YTjnePWfxUCr
            HxAzUYJ6YdG0AfkRLrTx+Eygz18466vjiWab4rrQlvwDEAg3/DO3bHaEhOQJ0lpiMdLxEpnNzPvlFgsMBoWgLEgW/wjkEExkKRBsy+TnoY8n
            KfANI12cUUUA9NnuqGaUYVfKi8mWPaOOOgbbytd72QPfn8HJ/0WtAoHBANBcBdE/8BouOVaU6pOF349wEplbCvlYFF8XFN5Da6BLzWgWQMbZ
            Z2ZTCROk5YpwGVdM+TD6m5MA3XMzc4cYw9/7+QngCWpt6u+xtt4WXgxzQTgfKQ4U+OTICDQf7clxD5vaYbALNlrN2ORH1S0qG3tacMvZXTrg
            kAz8DD3x+QppMHIfDGUdBXNNJ8TMtowlUz2FeGxbbMBDYwc3RgwULr3H1My3GenozxjrQLgSeKb0HyHYv6O2uCYJL1bHEi9W6QKBwHPuzHpj
            KY6yB/IM8q+SSrYTvY2mfVvkZmcYz4MFMawWJvX8yRBG/gyo1GnGx9Ig+MYycV4tc6AL68/DWxZm0Y4cUg2uxx+OZmHwjsUg2t3cGDmUfjH5
            unzGRN6LbPzwaWCBfCCYg20vBrfnZthzjqZ1c71m+9LZdm/gvGNgY2IVgBtOjO36KVosKole8pGsSC7RogQ3pEOkEQXFAE3R6XUa8oZiltiC
            czCV393mOS1zRL8bCyXETPAQPKux2RpHPQKBwQC6MmIoeqDQZJps2ys9phcAkcCtNwT5ilK6H2BQt6NIXjUzXR+KE+IpOO8VlPhj3IVo1Kqj
            sHCyz8UWG9aT1ffFA+Grh4AikhOvG/s1QHvPWHfh9Ua1BNzfZjqeiiHvMJAoUOGXdo2eW/IFHoRMliJ0+39tS9Pat69DS0KNYN2TBil68nAb
            M/IY9cwiPGatmvVmNw5Elvb6Yb3vRt/cD3Utt5RdVQtdUuUveZweYrNbTzE7B/1KChFKPE8Hl2KS13ECgcEAiQff+Ai1UUrbdcJeUsaNEJYn
            9fH1iaZyS0y7O1k2fkVj3elubgvnXWX23YqyXE7x7qXREo/DeTfx2/w5FD//kZIrZH61gqn/rgs2YOVp0+n7VPG513iSqvn9TTjQdIm90ZSE
            SbTO3opXgGF5wsLTM2NKlyC5DFhioyl3jAWRZWb59dCB1uqytSpuMu/cvbgs4yITgTAS4do09LlNz5KR2Reoj9R8GMuWflHIBwZSPSyj+fVV
            HNe5iA4ObF0XHeqa
            """,
        ],
        4096: [
            """
            MIIJQgIBADANBgkqhkiG9w0BAQEFAASCCSwwggkoAgEAAoICAQDKzw39XX4LLSjLUW93JIJcT5v81qdhoCBK1YbY/hGZTEhTxMDthxsevl9q
            GB0wxHpY+j22x06xQFGS8WBYyLahwj7DW6AcaUvTq2Dewfq0McS/sYnQDyTCFrUc9uwJHHv4HPTPyz+S7VXfP1IMx55hOuf2hogxb0vD6rXe
            kL9MxZ/AuvOss5gD3cK9bc7nHTlioikFdbF5hXyFuikXy379e0gjeU+UdNsF0a4BZMNZMqJL9qP9g//zEusVoMEjkAk4sRNGNkdbQ6ODn+2I
            WY3deCq1VgFa6zYO1pCMK0L4lkE5TeJatQp/ZNImVnt6sN5pTtknlme8RItL3bASYLILoUvL3ad2jqyETzHoWTehz5yhavK3LVWxX5LC4Ab1
            cF9bf7G2JkzAF45ryLs1feLBwBPCD0xwH3EsBBXCf3eACMoRv4tlFgiqlYiWDN90HELji1lAQH0yTbydmDls4fPVYpqIT7vdhX/8+39aYew0
            0F48Ol8NBIttv54m7JQr4tPmQkKD3eemJS4hMWbzTdhWsaN6WEzyDX+B48e5PZUtt6TYBdtf1gFrvhNCf7IRHEY3LgH2OD1+cRwtRn9d+/FF
            iMOFU7aSIEuHxna5CVAyel1wS4xknYE99IG62FBp8K/U+qOUAPsfNrhy1yeCmgM383zRgbk782dE1cCJtiKWXQIDAQABAoICAAtMSsGjKvGj
            8nprHwwdLPmdV2RX2pYSGyJtb+2YL8ehYS5wzvTx2nAAF9AmUj/502gFXsPsfqTaCgFR2uBvTq9HDdiJEEEXmOlh33ZhX4juHywKT6dXJKDU
            WNgUJbTh5kJoQzdtNu2FimEIBcHfqqIiK4hyA6sfVweYbx5xjq/6mr+cRUAJIY47lSJDjavAgXEjdVNldFLU/cl0WV7cOlw+zoISu2fFimsH
            UeEoKXLHYupbmH9NEnM1NK1ChJKULv3+bVizZDkVv57w8ppZL3xCOhIv3Z5LQqUZImR7R30835rPN4LT7ucHE+bzWT3N6xdPlMIuEI7Y0bAT
            BECYgZU8nfWxfCrpbk+3ELqcLHoswjpGtF06BBJMd+gYHBhLXjWHT8lJcIXUIucCevO8LFCs/F8w+3Jo/cHDRLhnuortLPBoB3ewTuR9Th45
            mkFGQ7goS/OXvQ5eAt/SnhXUuHMuPb9fK7ElB0Uc6gT9CuWAyfrB/a3KPhOEbc+cR3RwY8L9pmwpeT6HaYgIyuaYutSMQTsvvQjO6+j79rtK
            kuz+muRQvZwWegnB7MpIQFXbcP7E/Iu9CV1o7vp2UB1JSRTmXonDYje8geLepnjVdvbw3iXD5i5rN6NiaNx7HOq9orfa1RX6Nf97QYyKskOR
            0PU5XAlt40aiS8uS/Xsz5EaRAoIBAQD5wuXClvGEpDnWXeSYTKVQcNW1i82n9/ss4wNkZOcyFd8jV4EekmqgWsQgQCUzifVx0AoZg80xMLkP
            /AnkiiMXV1GfX+HJtmfIcegz/SHaZLrVB0VTCvWiQkouY5RhIpmR4xmHvR405xgzWhjDus9nuiDy7e5K5SyWieCT3p9pKUFO1/lDDFkOIuUb
            7YRbKqPnvLMChX1GDqaQ94X3nBGHoaNC7ECnuCULfpZjnLzBjS4PwBKSY2uX1MC+ZfN9CJSfTTjtP61YmNNIeuowHTJAyf4zdcpRb855LM4p
            TyrZAGnL4sfc6pfxvWUVUgn9OZAfJvO/ZEyRv4dObj2vnEaxAoIBAQDP3+sp/f90cj4jvgObxZsUHIlW6wEf4eZVB9Y/SbNEGdLUAyufy4qB
            cMbvCoBHoc8MacrtCdBpy9WalqNnSzT7sfIYAolEpjVBFPWEYUN3cf5h4I7js23NH8FDB9yqYN/RJGzmSzy1N/wQ6hCbIh/a1+XrmITjiCG5
            JsiWQfoJN1FqZzTWssuahnGsW7dlPzwtAGHW43Kzsth+FE8oz8ObagYy4QoyhoVMmzbEkmo01WhRdpvtb73I4n6Sopv6Uo1vXAGNpRyIVixy
            P+4aTTnu54DuyS+olK4cz6WgEh1VCuVbM4asM/vOvV/igu2GaW/yBjy0vlKu2BdF6Gu0eY1tAoIBAHL3YrmCr6PF0JW7XJk6VrJDbiwGMWFL
            BcRwrsQMqltks/TZt6ax8QDlJvhNbpJdw6xi/fMmt1IYQmd4NbmMWIDLAdhh01X9b6JVxHQB5g5YZaPfl+qU1eKdrvXRgqB/w77ikYLo67mg
            UoR4yYN3PzdY9we7u/+fpDmbN9P5GtnWUqiPQ764NVoLd/i2CUHJy+7E7oWPms2fus5qEbGblnofTj5k75IEcpDq8SDjKgPSD8zSNfpKZ2FZ
            XmuGFGGOjJMTgcu7jviESGVJpvkEx3gJQsi/RKTd2WXv2Oos9eUzin9+YU9wcQamjpwUymJUl+GvFW4ZJiHEzuysVBq8zdECggEBAM7p4hiw
            XSC5vqSxNMJPFagVJ5e+4CWuJCkrXdUtNSVqVvL2HOw4HCvv5/R0jW+/3mpKu9TqWeuVG49+tjPRJnIKlCHWFHCiyIt5o1Ebx54Td9RRQ6nf
            JkJxg1uHbdyiBOcWzNcGuOzhRyRG+DSS6QZatN+nt08MaBT2R99Y2NtnlsDE7lFvMz8i5+9ac9hx8yIQKVNOnxPDx77n1EuZUulVxcnLOu1D
            /VddgEx2OQVSDz5XQ6o5+b0FxluLRJsMpP/doyYs3ZPPwvoOLKE9kZb+FNaap7e0FwNSpVgJ7+yApf/77+dk7xbAZbr//BI4zVcpYi++6mpj
            afcJ/HtuKpkCggEAfYovYYhwuZsmsIpq71cUXVkS/cSArwdDkbiqjLMcQMFKty7QBIdGRzAqYfKBlzTX4hxK2GbvagAgISkoY+Kf7wO1bHV+
            Iy1AkdLGOJRx7egk/N6rpLLYTJl3LKQiLecL3GyLl0vLNtUg1yGRRgVhvii80Hsv0ywDr2Cu6D5rn8mBr9cObqJuyYHMvs9OV57m7Gb0XZHn
            HW15vkxgxK8OZVFlmGSnlMK86CTmEhof3Ywm28f20yV8b7jl4n9UHlfZpaRp0t/se6RSb24/OVBTc33qj6+k7OJTY/z2He4ZL/4g+MNjabc6
            dBhoCAz5CWm5+Gaj2n6gnL44A3l4g5SwSg==
            """
        ],
    ]
}
