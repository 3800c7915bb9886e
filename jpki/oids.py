"""Object identifiers of the JPKI profiles, each with its source."""

from __future__ import annotations

# X.520 attribute types, RFC 5280 appendix A.1.
COUNTRY = "2.5.4.6"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"
LOCALITY = "2.5.4.7"
COMMON_NAME = "2.5.4.3"

# Extensions, RFC 5280 clauses 4.2 and 5.2.
SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALT_NAME = "2.5.29.17"
ISSUER_ALT_NAME = "2.5.29.18"
BASIC_CONSTRAINTS = "2.5.29.19"
CRL_NUMBER = "2.5.29.20"
CRL_REASON = "2.5.29.21"
DELTA_CRL_INDICATOR = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT = "2.5.29.28"
CERTIFICATE_ISSUER = "2.5.29.29"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
CERTIFICATE_POLICIES = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
EXTENDED_KEY_USAGE = "2.5.29.37"
AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"  # id-kp-clientAuth, RFC 5280 clause 4.2.1.12
AD_OCSP = "1.3.6.1.5.5.7.48.1"  # id-ad-ocsp, RFC 5280 clause 4.2.2.1
QUALIFIER_CPS = "1.3.6.1.5.5.7.2.1"  # id-qt-cps, RFC 5280 clause 4.2.1.4

# OCSP, RFC 6960 appendix B.
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"  # id-kp-OCSPSigning
OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1"  # id-pkix-ocsp-basic
OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2"  # id-pkix-ocsp-nonce
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"  # id-pkix-ocsp-nocheck
OCSP_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"  # id-pkix-ocsp-archive-cutoff
OCSP_EXTENDED_REVOKE = "1.3.6.1.5.5.7.48.1.9"  # id-pkix-ocsp-extended-revoke

SHA1 = "1.3.14.3.2.26"  # RFC 3279 clause 2.1 (id-sha1)
SHA256 = "2.16.840.1.101.3.4.2.1"  # RFC 5754 clause 2.2
SHA384 = "2.16.840.1.101.3.4.2.2"  # RFC 5754 clause 2.3

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"  # RFC 8017 appendix A.1
SHA256_WITH_RSA = "1.2.840.113549.1.1.11"  # RFC 8017 appendix A.2.4
ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3"  # RFC 5758 clause 3.2
SECP384R1 = "1.3.132.0.34"  # RFC 5480 clause 2.1.1.1

# CMS, RFC 5652 clauses 4, 5.1 and 11; the last RFC 5035 clause 3.
CMS_DATA = "1.2.840.113549.1.7.1"
CMS_SIGNED_DATA = "1.2.840.113549.1.7.2"
CMS_CONTENT_TYPE = "1.2.840.113549.1.9.3"
CMS_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
CMS_SIGNING_TIME = "1.2.840.113549.1.9.5"
CMS_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

JLIS_ARC = "1.2.392.200149"  # kjur/jsrsasign-oid-jpki: J-LIS, 地方公共団体情報システム機構
POLICY_ARC = f"{JLIS_ARC}.8.5.1"
POLICY_SIGN = f"{POLICY_ARC}.1.20"  # a production signing certificate; hnakamur's blog of 2022-11-01
POLICY_AUTH = f"{POLICY_ARC}.3.30"  # three production authentication certificates
POLICY_TEST_SIGN = f"{POLICY_ARC}.0.20"  # ZeroKeyMate: read from a test card
# No test authentication certificate's policy is public. Chosen by analogy: the test environment replaces the
# service's arc (1 or 3) by 0 and keeps the class (20 or 30).
POLICY_TEST_AUTH = f"{POLICY_ARC}.0.30"

# The holder's attributes in subjectAltName (kjur/jsrsasign-oid-jpki; soltia48/myna-card, from a test card).
PERSONAL_DATA_ARC = f"{JLIS_ARC}.8.5.5"
HOLDER_NAME = f"{PERSONAL_DATA_ARC}.1"  # 氏名
HOLDER_NAME_SUBSTITUTIONS = f"{PERSONAL_DATA_ARC}.2"  # 氏名の代替文字使用位置
HOLDER_SEX = f"{PERSONAL_DATA_ARC}.3"  # 性別
HOLDER_BIRTH_DATE = f"{PERSONAL_DATA_ARC}.4"  # 生年月日
HOLDER_ADDRESS = f"{PERSONAL_DATA_ARC}.5"  # 住所
HOLDER_ADDRESS_SUBSTITUTIONS = f"{PERSONAL_DATA_ARC}.6"  # 住所の代替文字使用位置
