"""The known answers of every entry of the table but SM2's: what each must compute before it is trusted.

Taken from GB/T 32905, GM/T 0042, RFC 8998, the SM4 draft of the CFRG (A.2.2.1, A.2.5.1), FIPS 180-4, RFC 4231, RFC 6979
A.2.5 and A.2.6, RFC 8032 7.1, the GCM paper of McGrew and Viega (cases 2 and 14); the RSA signatures were made once
with the command-line OpenSSL. SM2 answers per backend, in `sm2_known_answers`.
"""

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from keys.algorithms import international, sm2, sm3, sm4
from keys.algorithms import sm2_known_answers as known
from keys.algorithms.algorithm import Aead, Digest, KeyKind, Mac, PublicKey, SignatureAlgorithm
from keys.algorithms.der import bits, oid, sequence
from keys.algorithms.sm2_known_answers import Answer, answered


def answers() -> tuple[Answer, ...]:
    """Ask every entry of the table its question."""
    return tuple(Answer(name, answered(question)) for name, question in QUESTIONS.items())


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _digest(entry: Digest, expected: str) -> Callable[[], bool]:
    return lambda: entry.of(b"abc").hex() == expected


def _mac(entry: Mac, expected: str) -> Callable[[], bool]:
    tag = bytes.fromhex(expected)
    return lambda: entry.verify(b"Jefe", tag, _WANT) and not entry.verify(b"Jefe", tag, _WANT + b"?")


def _sealed(entry: Aead, key: bytes, nonce: bytes, texts: tuple[bytes, bytes], expected: str) -> Callable[[], bool]:
    plain, bound = texts
    sealed = bytes.fromhex(expected)
    return lambda: entry.seal(key, nonce, plain, bound) == sealed and entry.open(key, nonce, sealed, bound) == plain


def _signed(
    entry: SignatureAlgorithm, key: Callable[[], PublicKey], message: bytes, signature: bytes
) -> Callable[[], bool]:
    return lambda: entry.verify(key(), signature, message) and not entry.verify(key(), signature, message + b"?")


def _ec(curve: str, x: str, y: str) -> Callable[[], PublicKey]:
    point = b"\x04" + bytes.fromhex(x + y)
    identifier = sequence(oid("1.2.840.10045.2.1"), oid(curve))
    return lambda: international.public_key(sequence(identifier, bits(point)))


def _pair(kind: KeyKind, r: str, s: str) -> bytes:
    return international.der_ecdsa(bytes.fromhex(r + s), kind)


def _sm4_cbc() -> bool:
    # The example has no padding, so its two blocks are compared and the padding block opened with them.
    iv = bytes(range(16))
    ciphertext = sm4.cbc_encrypt(_SM4_KEY, iv, _SM4_TEXT[:32])
    return ciphertext[:32].hex() == _SM4_CBC and sm4.cbc_decrypt(_SM4_KEY, iv, ciphertext) == _SM4_TEXT[:32]


_WANT: Final = b"what do ya want for nothing?"
_SM4_KEY: Final = bytes.fromhex("0123456789abcdeffedcba9876543210")
_SM4_TEXT: Final = bytes.fromhex("aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb")
_SM4_CBC: Final = "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d"
_CTR_TEXT: Final = bytes.fromhex("".join(digit * 16 for digit in "abcdefab"))
_SM4_CTR: Final = (
    "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
    "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514"
)
_RFC8998_NONCE: Final = bytes.fromhex("00001234567800000000abcd")
_RFC8998_TEXTS: Final = (
    bytes.fromhex("".join(digit * 16 for digit in "abcdefea")),
    bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
)
_SM4_GCM: Final = (
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec"
)
_SM4_CCM: Final = (
    "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
    "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b16842d4fa186f56ab33256971fa110f4"
)
_ZEROS: Final = (bytes(16), b"")
_P256: Final = _ec(
    "1.2.840.10045.3.1.7",
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
)
_P384: Final = _ec(
    "1.3.132.0.34",
    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
)
_P256_SHA256: Final = _pair(
    KeyKind.P256,
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
)
_P256_SHA512: Final = _pair(
    KeyKind.P256,
    "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00",
    "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe",
)
_P384_SHA384: Final = _pair(
    KeyKind.P384,
    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
    "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
)
_ED25519_KEY: Final = sequence(
    sequence(oid("1.3.101.112")),
    bits(bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")),
)
_ED25519_SIGNATURE: Final = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
_RSA_KEY: Final = _base64(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1F5dhKy2POEt4mKCdZdgcxDTc4Rz8HQgLXJxXKTBeEkehoiBCUAgQfdzZKLi1IBJ"
    "z20mORbLhe/ZTI+J04UoP9KPpVNkbBtpLwqf3mQBQ01j9DMLPP4wT+yl6OnDPXYZ2tNnnPCUafMc4cc5rqEZQwPDiRfK9sqciITgRMhvTHxD"
    "EG0ElFDIDDaZ2bGYDFvd5B4Uwh3ZBiHgk4QUp3hapP3/t4/sJaGFSIl4FlW4TfxfkWmJGpRMbRi7OzyFHoaqXBirO/grPgpsDn6s4doZqVg1"
    "OSXOezY6A/SmX9rvndPO998TnVUmfOujph9wEfvTZHM+tS8wfs0B6ofOIkJIbQIDAQAB"
)
_RSA_SIGNATURES: Final = {
    "rsa-pkcs1-sha-256": _base64(
        "AAN5wOvJ3nlnldwZ0vij4Eb/lIQUNwayvqi6zTb1cxJhj2sRPznBLBReCTHH+2swYlDvjZBGf1vLFywac0zHzySqxVDEZUo2TsZu0M9n/uaV"
        "DhQRAFi/bBWjWu7Gif8BUJsHkmFNekQhRWGQn2n5MANSMx+lPejVeE+xof2d4ULWMP8OZhb98bNMvBeuGyN3dDBhEIhv/3r1IF87AeVVSeSR"
        "mXvNDu4hKGx5+AexdLrChE5xfjFkTBocUe3YkRTlhFlmBIqYE6QB+35YfZWjY2BDmcDCBw7RCRpzrV5u97bAEhdmjND8NeODJ1wUlp2wIVbL"
        "ps90UalZJ8xwrWgL9w=="
    ),
    "rsa-pss-sha-256": _base64(
        "qbfDq8gCmVAJi9PrUe1m5FCNbAdUnTDQHk4nxLxf0IJuK+HsGTPe/xMB8XXow9mwMYC/LDjJqXjQqwFTOd2+XA/Y3gFI3LcnydklHPCIM5+H"
        "/NwwW1M4bA1gfaP1mtHID9h16vV+6mOprN8hWPnwaiaXmo0ND/AWBcHREi3bqE8wiPLef+woo+3KWd8fCk3zoB8TBQJKT47f0IcqxgMoD5WE"
        "Q86LzLMcsA8K+GpNlX/Ofa0bQ+EwNSuxnOAc7DkTH5VTCJnI91sq9R9zsVgonpKJx2AubKniDqXiQf2AlXcgnve6tktgVhlHCyVx8QUnWL+T"
        "E8giZ10XgMoAChSC8Q=="
    ),
    "rsa-pkcs1-sha-384": _base64(
        "blj6/uwVEqCSbypkwA9NVPQnxDYmJivPggTiSyEfLOmcbDnzyJpsE0xU0uyCUmJ2bDSeIHhrVS8lwpZETkbsdUnQJRzeHTAyZqp4g8Wgg//O"
        "0BMk5Rxikj45Lo+1UAek8PYXUAvPzV1GAPXaVDMs/HFZb0Lv6Ee/fVH7hI5p+lt7ZqPtPIIkWRxLx0piA0OJSNXQEduq0P8F16482prVrSaf"
        "jzkQ0RPQ7jtjz1CTSRQqvKVpbNwkBUFVUuUA/GTwD7ROQt+zYukEfAY+StsjxKQsonmY31SjEZQ+AO1WsHCYY5j8R7puxFt+TYQFpwP09KNk"
        "VkJUg9/iyjlzRcp44Q=="
    ),
    "rsa-pss-sha-384": _base64(
        "BSB7AgqTapuNjF9uzV5y7BlV55UYPhqxxPnDu9IrarzVX3CEzcdQ8PkYfp7flaWpekBnrzu7GiiypJgh9G4xaLFaVg56Dz6VRXXRbYb9Zy4Q"
        "crTbDrfi5I/JmlzRRjYwm6Z6atuvDU7HFE1ZK+2DNKNJCFeFoaO51G4NKhS6ipoPdLv5FVMDv/DZKHYWNAg6FIckjMHCrmf997FqWiKF1ItA"
        "Nt/0Y/7seiTGEThRyC5QBIRCpRItKyawVNTapnSfIyiEgNhjVRKBEABrepB7vDMUMBJr31GgukXYShnP/khgwND/6lkkCDsP57U9+FOFJJ+C"
        "vvOAI2DK5kBgDZGsmg=="
    ),
    "rsa-pkcs1-sha-512": _base64(
        "vdonk0X+rybytPklHMSS4ZCCcFGdfXSXJhiu+zZYYd7LvHgISlq6wtpe6kdBWCdV/yCIjFabX8xydcX+X2OV4PMAbUOAfxt4zTUf29oTi/L7"
        "delQ7s+V8zCOgx2m1jSz3ZkYf43qvudPyQydkWEeXQipQaD88TwA3oq5SyUMHuvXLQCDE85pV2dAQS/ICyDXBSzFXDKAT3jrMTtHUjhyg1oe"
        "NrzaDBu3t81uGMvckCpXrSn07C8eSRTVztbwd21HefTrH9n+iPo/aoB8vGCAig89YVSuj3J8Ho7DuwqYZK6eVBVTTDdM8OjaRD8S/Yz+xZTq"
        "JydXRi4QftQYR6fz6w=="
    ),
    "rsa-pss-sha-512": _base64(
        "VF1ulU4WPg3DmC73kFSrNBoX3gbKTi5UaZYOJVD99nw34ayDU2lenS0WkEFvgqHohPCgLvrMDmgp6Ttz1diEWB5/HqeubFGFDzueIuaOpcvb"
        "FwQuWQFvMVLndj/SwB7eCnJ8HEtq2DTW+Nqy62nDBNS4Aiz3xZEDnVccp9wv6QcvsjskMfO9S4vyu2cYEKHSP1u06/nkTCnHCN7lAZiL9Ubz"
        "JiSgWz0yxBtFAEic7g86mNwixCX3JF3kxK/8TRyitvw1/oI7Q8BbL1rWpilB5aua5DlLe7TujeZtYHXTu0oUEgkjYhQ8y4PJNFTKjSU+z68+"
        "Jpp9LsDweojnRsbzsQ=="
    ),
}
_RSA_ENTRIES: Final = (
    international.RSA_SHA256,
    international.RSA_SHA384,
    international.RSA_SHA512,
    international.RSA_PSS_SHA256,
    international.RSA_PSS_SHA384,
    international.RSA_PSS_SHA512,
)


def _sm2_signature() -> bool:
    public = sm2.PublicKey(known.POINT)
    verified = sm2.verify(public, known.SIGNATURE.der, known.MESSAGE)
    return verified and not sm2.verify(public, known.SIGNATURE.der, known.MESSAGE + b"?")


def _sm2_encryption() -> bool:
    return sm2.decrypt(sm2.PrivateKey.from_scalar(known.SCALAR), known.CIPHERTEXT.der) == known.PLAIN


# Name of the entry → its question; the tests hold these names against the table.
QUESTIONS: Final[Mapping[str, Callable[[], bool]]] = MappingProxyType(
    {
        "sm3": _digest(sm3.SM3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        "hmac-sm3": _mac(sm3.HMAC_SM3, "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"),
        "sm2-sm3": _sm2_signature,
        "sm2-encryption": _sm2_encryption,
        "sm4-gcm": _sealed(sm4.SM4_GCM, _SM4_KEY, _RFC8998_NONCE, _RFC8998_TEXTS, _SM4_GCM),
        "sm4-ccm": _sealed(sm4.SM4_CCM, _SM4_KEY, _RFC8998_NONCE, _RFC8998_TEXTS, _SM4_CCM),
        "sm4-cbc": _sm4_cbc,
        "sm4-ctr": lambda: sm4.ctr(_SM4_KEY, bytes(range(16)), _CTR_TEXT).hex() == _SM4_CTR,
        "sha-256": _digest(international.SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        "sha-384": _digest(
            international.SHA384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        "sha-512": _digest(
            international.SHA512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        "hmac-sha-256": _mac(
            international.HMAC_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        **{
            entry.name: _signed(
                entry,
                lambda: international.public_key(_RSA_KEY),
                b"known answer",
                _RSA_SIGNATURES[entry.name],
            )
            for entry in _RSA_ENTRIES
        },
        "ecdsa-sha-256": _signed(international.ECDSA_SHA256, _P256, b"sample", _P256_SHA256),
        "ecdsa-sha-384": _signed(international.ECDSA_SHA384, _P384, b"sample", _P384_SHA384),
        "ecdsa-sha-512": _signed(international.ECDSA_SHA512, _P256, b"sample", _P256_SHA512),
        "ed25519": _signed(
            international.ED25519, lambda: international.public_key(_ED25519_KEY), b"\x72", _ED25519_SIGNATURE
        ),
        "aes-128-gcm": _sealed(
            international.AES128_GCM,
            bytes(16),
            bytes(12),
            _ZEROS,
            "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
        ),
        "aes-256-gcm": _sealed(
            international.AES256_GCM,
            bytes(32),
            bytes(12),
            _ZEROS,
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        ),
    }
)
