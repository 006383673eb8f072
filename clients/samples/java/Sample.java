import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.bouncycastle.jcajce.spec.SM2ParameterSpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Calls a running sandbox with JDK 17 and BouncyCastle: a token by an SM2 key, a question, a verification.
 * 用 JDK 17 和 BouncyCastle 调用演示沙箱：以 SM2 密钥取令牌、按授权用途查询数据、核验文件。
 *
 * <pre>java -cp bcprov.jar Sample.java sandbox-data/sandbox.json</pre>
 *
 * JSON is cut out by patterns here, so that the sample needs one library only; use a JSON library in earnest.
 */
public final class Sample {
    private static final HttpClient HTTP = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
    /** The order of the curve sm2p256v1 (GB/T 32918.5-2017), which says how long r and s are. */
    private static final java.math.BigInteger ORDER =
            new java.math.BigInteger("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", 16);

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        String sandbox = Files.readString(Path.of(arguments[0]));
        String service = text(sandbox, "url");
        String client = object(sandbox, "clients"); // the first one

        // 1. A token: a short assertion, signed by the system's own key, which never leaves it.
        String answer = post(service + "/oauth/token", null, "application/x-www-form-urlencoded",
                ("grant_type=client_credentials&client_assertion_type="
                        + encoded("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                        + "&client_assertion=" + assertion(client, service)).getBytes(StandardCharsets.UTF_8));
        String token = text(answer, "access_token");

        // 2. A question, for a purpose that is granted. A refusal is a problem document: code, cause, fix.
        String body = "{\"purpose\": " + object(sandbox, "purpose") + ", \"limit\": 1}";
        answer = post(service + "/api/v1/data/" + text(object(sandbox, "sharing"), "directory"), token,
                "application/json", body.getBytes(StandardCharsets.UTF_8));
        System.out.println("outcome 结果: " + text(answer, "outcome"));

        // 3. A verification: anyone may, and the document is not kept.
        Matcher document = Pattern.compile("\"documents\"\\s*:\\s*\\[\\s*\"([^\"]+)\"").matcher(sandbox);
        if (document.find()) {
            answer = post(service + "/api/v1/verifications", null, "application/octet-stream",
                    Files.readAllBytes(Path.of(document.group(1))));
            Matcher verdict = Pattern.compile("\"verdict\"\\s*:\\s*\"(valid|invalid|indeterminate|unsigned|unreadable)\"")
                    .matcher(answer);
            System.out.println("verdict 核验结论: " + (verdict.find() ? verdict.group(1) : "?"));
        }
    }

    /** Signs a client assertion (private_key_jwt, RFC 7523) with SM2 and SM3 as r ‖ s, 64 bytes. */
    private static String assertion(String client, String service) throws Exception {
        long now = Instant.now().getEpochSecond();
        String id = text(client, "id");
        String header = "{\"alg\":\"SM2SM3\",\"typ\":\"JWT\",\"kid\":\"" + text(client, "kid") + "\"}";
        String claims = "{\"iss\":\"" + id + "\",\"sub\":\"" + id + "\",\"aud\":\"" + service + "/oauth/token\",\"jti\":\""
                + UUID.randomUUID() + "\",\"iat\":" + now + ",\"exp\":" + (now + 120) + "}";
        String signed = base64url(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64url(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SM3withSM2", BouncyCastleProvider.PROVIDER_NAME);
        signature.setParameter(new SM2ParameterSpec("1234567812345678".getBytes(StandardCharsets.US_ASCII)));
        signature.initSign(key(Path.of(text(client, "private_key"))));
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        java.math.BigInteger[] pair = StandardDSAEncoding.INSTANCE.decode(ORDER, signature.sign());
        return signed + "." + base64url(PlainDSAEncoding.INSTANCE.encode(ORDER, pair[0], pair[1]));
    }

    private static PrivateKey key(Path file) throws Exception {
        String pem = Files.readString(file).replaceAll("-----[^-]+-----|\\s", "");
        KeyFactory keys = KeyFactory.getInstance("EC", BouncyCastleProvider.PROVIDER_NAME);
        return keys.generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }

    private static String post(String address, String token, String type, byte[] body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address)).header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(text(response.body(), "code") + ": " + text(response.body(), "fix"));
        }
        return response.body();
    }

    /** Cuts the text of the first member of that name out of JSON. */
    private static String text(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    /** Cuts the first object below a member of that name out of JSON whose texts hold no braces. */
    private static String object(String json, String name) {
        int begin = json.indexOf('{', Pattern.compile("\"" + name + "\"\\s*:\\s*\\[?\\s*\\{").matcher(json).results()
                .findFirst().orElseThrow().start());
        int depth = 0;
        for (int at = begin; ; at++) {
            depth += json.charAt(at) == '{' ? 1 : json.charAt(at) == '}' ? -1 : 0;
            if (depth == 0) {
                return json.substring(begin, at + 1);
            }
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String base64url(byte[] data) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(data);
    }
}
