#!/usr/bin/env bash
# Calls a running sandbox with curl and openssl (3.0 or later): a token by an SM2 key, a question, a verification.
# 用 curl 和 openssl（3.0 以上）调用演示沙箱：以 SM2 密钥取令牌、按授权用途查询数据、核验文件。
#
#     ./sample.sh sandbox-data/sandbox.json
set -euo pipefail
SANDBOX=${1:?usage: sample.sh sandbox.json}

# Reads one value of sandbox.json, such as clients.0.id.
told() {
  python3 -c 'import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
for name in sys.argv[2].split("."):
    value = value[int(name)] if name.isdigit() else value[name]
print(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))' "$SANDBOX" "$1"
}
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }
b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# A signature of OpenSSL's (DER) as r ‖ s, 64 bytes.
raw() {
  hex=$(openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p' | while read -r n; do printf '%64s' "$n" | tr ' ' 0; done)
  printf "$(printf '%s' "$hex" | sed 's/../\\x&/g')"
}

SERVICE=$(told url) CLIENT=$(told clients.0.id) KID=$(told clients.0.kid) KEY=$(told clients.0.private_key)

# 1. A token: a short assertion, signed by the system's own key, which never leaves it.
now=$(date +%s)
header=$(printf '{"alg":"SM2SM3","typ":"JWT","kid":"%s"}' "$KID" | b64url)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","jti":"%s","iat":%d,"exp":%d}' \
  "$CLIENT" "$CLIENT" "$SERVICE/oauth/token" "$(openssl rand -hex 16)" "$now" "$((now + 120))" | b64url)
signature=$(printf '%s.%s' "$header" "$claims" \
  | openssl dgst -sm3 -sign "$KEY" -sigopt distid:1234567812345678 | raw | b64url)
# --data @- keeps the assertion out of the list of processes; the token below goes through a file of curl's own.
TOKEN=$(printf 'grant_type=client_credentials&client_assertion_type=%s&client_assertion=%s' \
  'urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer' "$header.$claims.$signature" \
  | curl -sS --fail-with-body "$SERVICE/oauth/token" --data @- | member access_token)

# 2. A question, for a purpose that is granted. Refusals are problem documents with a code, a cause and what to do.
answer=$(printf '{"purpose": %s, "limit": 1}' "$(told purpose)" \
  | curl -sS --fail-with-body "$SERVICE/api/v1/data/$(told sharing.directory)" \
      -K <(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN") -H "Content-Type: application/json" --data-binary @-)
echo "outcome 结果: $(printf '%s' "$answer" | member outcome)"
echo "usage 使用编号: $(printf '%s' "$answer" | member usage_id)"

# 3. A verification: anyone may, and the document is not kept.
curl -sS --fail-with-body "$SERVICE/api/v1/verifications" -F "file=@$(told documents.0)" \
  | python3 -c 'import json, sys
report = json.load(sys.stdin)
print("verdict 核验结论:", report["verdict"], report["summary"]["zh"])'
