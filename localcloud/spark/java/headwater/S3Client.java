package headwater;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.hadoop.security.AccessControlException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * S3's REST API with signed requests, as far as a file system needs it.
 *
 * Endpoint, region and credentials are those of the environment (AWS_ENDPOINT_URL, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID ...).
 * What is throttled or fails on the other side is tried again. Janino compiles this: no lambdas, and casts where generics would do.
 */
public final class S3Client {
    /** Bytes of a part, and the most that is sent in one piece. */
    public static final long PART = 64L * 1024 * 1024;
    /** The most that CopyObject takes. */
    private static final long MOST_COPIED = 5L * 1024 * 1024 * 1024;
    private static final int TRIES = 10;
    private static final String EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private final String endpoint = variable("AWS_ENDPOINT_URL");
    private final String region = variable("AWS_DEFAULT_REGION");
    private final String key = variable("AWS_ACCESS_KEY_ID");
    private final String secret = variable("AWS_SECRET_ACCESS_KEY");
    private final String token = System.getenv("AWS_SESSION_TOKEN");

    private static String variable(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException("the environment variable " + name + " is not set; s3:// needs it");
        }
        return value;
    }

    /** An object or, without an etag, a common prefix. */
    public static final class Entry {
        public String name;
        public long size;
        public long modified;
        public String etag;
    }

    /** One page of a listing; `next` is null at the end. */
    public static final class Page {
        public final List entries = new ArrayList();
        public String next;
    }

    /** An answer that was read to its end. */
    private static final class Answer {
        int status;
        byte[] body = new byte[0];
        HttpURLConnection connection;
    }

    /** The object, or null if there is none. */
    public Entry head(String bucket, String name) throws IOException {
        Answer answer = send("HEAD", bucket, name, new TreeMap(), new TreeMap(), null, 0, 0);
        if (answer.status == 404) {
            return null;
        }
        Entry entry = new Entry();
        entry.name = name;
        entry.size = answer.connection.getHeaderFieldLong("Content-Length", 0L);
        entry.modified = answer.connection.getLastModified();
        entry.etag = answer.connection.getHeaderField("ETag");
        return entry;
    }

    /** A page of what begins with `prefix`; with a delimiter "/" the folders are summed up. */
    public Page list(String bucket, String prefix, String delimiter, int most, String next) throws IOException {
        Map query = new TreeMap();
        query.put("list-type", "2");
        query.put("prefix", prefix);
        query.put("max-keys", String.valueOf(most));
        if (delimiter != null) {
            query.put("delimiter", delimiter);
        }
        if (next != null) {
            query.put("continuation-token", next);
        }
        Answer answer = send("GET", bucket, "", query, new TreeMap(), null, 0, 0);
        if (answer.status == 404) {
            throw new FileNotFoundException("s3://" + bucket + ": " + message(answer));
        }
        Page page = new Page();
        Element root = parse(answer.body);
        NodeList contents = root.getElementsByTagName("Contents");
        for (int at = 0; at < contents.getLength(); at++) {
            Element each = (Element) contents.item(at);
            Entry entry = new Entry();
            entry.name = text(each, "Key");
            entry.size = Long.parseLong(text(each, "Size"));
            entry.modified = java.time.Instant.parse(text(each, "LastModified")).toEpochMilli();
            entry.etag = text(each, "ETag");
            page.entries.add(entry);
        }
        NodeList folders = root.getElementsByTagName("CommonPrefixes");
        for (int at = 0; at < folders.getLength(); at++) {
            Entry entry = new Entry();
            entry.name = text((Element) folders.item(at), "Prefix");
            page.entries.add(entry);
        }
        if ("true".equals(text(root, "IsTruncated"))) {
            page.next = text(root, "NextContinuationToken");
        }
        return page;
    }

    /** The bytes from `from` up to and with `to`; the caller closes the stream. */
    public InputStream get(String bucket, String name, long from, long to) throws IOException {
        Map headers = new TreeMap();
        headers.put("range", "bytes=" + from + "-" + to);
        for (int attempt = 1;; attempt++) {
            HttpURLConnection connection;
            int status;
            try {
                connection = open("GET", bucket, name, new TreeMap(), headers, EMPTY_HASH);
                status = connection.getResponseCode();
            } catch (IOException error) {
                pause(attempt, error);
                continue;
            }
            if (status == 200 || status == 206) {
                return connection.getInputStream();
            }
            Answer answer = read(connection, status);
            if (passes(answer) && attempt < TRIES) {
                pause(attempt, null);
                continue;
            }
            throw failure("GET", bucket, name, answer);
        }
    }

    public void put(String bucket, String name, byte[] content) throws IOException {
        checked("PUT", bucket, name, send("PUT", bucket, name, new TreeMap(), new TreeMap(), content, 0, 0));
    }

    /** A file, in parts if it is large: it is there whole or not at all. */
    public void put(String bucket, String name, File file) throws IOException {
        long size = file.length();
        if (size <= PART) {
            checked("PUT", bucket, name, send("PUT", bucket, name, new TreeMap(), new TreeMap(), file, 0, size));
            return;
        }
        Map uploads = new TreeMap();
        uploads.put("uploads", "");
        Answer begun = send("POST", bucket, name, uploads, new TreeMap(), new byte[0], 0, 0);
        checked("POST", bucket, name, begun);
        Map upload = new TreeMap();
        upload.put("uploadId", text(parse(begun.body), "UploadId"));
        boolean done = false;
        try {
            StringBuilder parts = new StringBuilder("<CompleteMultipartUpload>");
            int number = 0;
            for (long start = 0; start < size; start += PART) {
                number++;
                Map query = new TreeMap(upload);
                query.put("partNumber", String.valueOf(number));
                Answer sent = send("PUT", bucket, name, query, new TreeMap(), file, start, Math.min(PART, size - start));
                checked("PUT", bucket, name, sent);
                parts.append("<Part><PartNumber>").append(number).append("</PartNumber><ETag>");
                parts.append(sent.connection.getHeaderField("ETag")).append("</ETag></Part>");
            }
            byte[] list = parts.append("</CompleteMultipartUpload>").toString().getBytes(StandardCharsets.UTF_8);
            Answer ended = send("POST", bucket, name, upload, new TreeMap(), list, 0, 0);
            checked("POST", bucket, name, ended);
            // S3 may answer 200 first and say in the body that it failed.
            if (new String(ended.body, StandardCharsets.UTF_8).contains("<Error>")) {
                throw failure("POST", bucket, name, ended);
            }
            done = true;
        } finally {
            if (!done) {
                send("DELETE", bucket, name, upload, new TreeMap(), null, 0, 0);
            }
        }
    }

    /** Copy an object without its bytes passing through here. */
    public void copy(String bucket, String name, String toBucket, String to, long size) throws IOException {
        if (size > MOST_COPIED) {
            throw new IOException("s3://" + bucket + "/" + name + " has " + size + " bytes; a rename copies at most " + MOST_COPIED);
        }
        Map headers = new TreeMap();
        headers.put("x-amz-copy-source", "/" + bucket + "/" + encoded(name, true));
        checked("COPY", bucket, name, send("PUT", toBucket, to, new TreeMap(), headers, new byte[0], 0, 0));
    }

    /** Delete up to a thousand objects. */
    public void delete(String bucket, List names) throws IOException {
        if (names.isEmpty()) {
            return;
        }
        if (names.size() == 1) {
            String name = (String) names.get(0);
            Answer answer = send("DELETE", bucket, name, new TreeMap(), new TreeMap(), null, 0, 0);
            if (answer.status != 404) {
                checked("DELETE", bucket, name, answer);
            }
            return;
        }
        StringBuilder xml = new StringBuilder("<Delete><Quiet>true</Quiet>");
        for (int at = 0; at < names.size(); at++) {
            xml.append("<Object><Key>").append(escaped((String) names.get(at))).append("</Key></Object>");
        }
        byte[] body = xml.append("</Delete>").toString().getBytes(StandardCharsets.UTF_8);
        Map query = new TreeMap();
        query.put("delete", "");
        Map headers = new TreeMap();
        headers.put("content-md5", Base64.getEncoder().encodeToString(digest("MD5", body)));
        Answer answer = send("POST", bucket, "", query, headers, body, 0, 0);
        checked("POST", bucket, "", answer);
        NodeList errors = parse(answer.body).getElementsByTagName("Error");
        if (errors.getLength() > 0) {
            Element first = (Element) errors.item(0);
            String what = "DELETE s3://" + bucket + "/" + text(first, "Key") + ": " + text(first, "Message");
            if ("AccessDenied".equals(text(first, "Code"))) {
                throw new AccessControlException(what);
            }
            throw new IOException(what);
        }
    }

    // -- requests

    /** Send until it is answered with anything but a passing trouble. `content`: null, byte[], or File from `start` for `length`. */
    private Answer send(String method, String bucket, String name, Map query, Map headers, Object content, long start, long length)
            throws IOException {
        String hash = EMPTY_HASH;
        if (content instanceof File) {
            hash = "UNSIGNED-PAYLOAD";
        } else if (content != null) {
            hash = hex(digest("SHA-256", (byte[]) content));
        }
        for (int attempt = 1;; attempt++) {
            try {
                HttpURLConnection connection = open(method, bucket, name, query, headers, hash);
                if (content != null) {
                    write(connection, content, start, length);
                }
                Answer answer = read(connection, connection.getResponseCode());
                if (passes(answer) && attempt < TRIES) {
                    pause(attempt, null);
                    continue;
                }
                if (answer.status == 403 || answer.status == 401 || answer.status >= 500) {
                    throw failure(method, bucket, name, answer);
                }
                return answer;
            } catch (AccessControlException error) {
                throw error;
            } catch (ServiceException error) {
                throw error;
            } catch (IOException error) {
                pause(attempt, error);
            }
        }
    }

    private void write(HttpURLConnection connection, Object content, long start, long length) throws IOException {
        connection.setDoOutput(true);
        if (content instanceof File) {
            connection.setFixedLengthStreamingMode(length);
            FileInputStream in = new FileInputStream((File) content);
            OutputStream out = connection.getOutputStream();
            try {
                in.getChannel().position(start);
                byte[] buffer = new byte[1 << 16];
                long left = length;
                while (left > 0) {
                    int got = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                    if (got < 0) {
                        throw new IOException(content + " became shorter while it was sent");
                    }
                    out.write(buffer, 0, got);
                    left -= got;
                }
            } finally {
                in.close();
                out.close();
            }
            return;
        }
        byte[] bytes = (byte[]) content;
        connection.setFixedLengthStreamingMode(bytes.length);
        OutputStream out = connection.getOutputStream();
        out.write(bytes);
        out.close();
    }

    private static Answer read(HttpURLConnection connection, int status) throws IOException {
        Answer answer = new Answer();
        answer.connection = connection;
        answer.status = status;
        InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
        if (in != null) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 14];
            int got;
            while ((got = in.read(buffer)) >= 0) {
                out.write(buffer, 0, got);
            }
            in.close();
            answer.body = out.toByteArray();
        }
        return answer;
    }

    private static boolean passes(Answer answer) {
        return answer.status >= 500 || answer.status == 429;
    }

    private static void pause(int attempt, IOException error) throws IOException {
        if (attempt >= TRIES && error != null) {
            throw error;
        }
        try {
            Thread.sleep((long) (Math.min(5000, 50 << attempt) * (0.5 + Math.random() / 2)));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted while waiting to try again");
        }
    }

    /** An error of S3 that trying again does not help. */
    public static final class ServiceException extends IOException {
        public ServiceException(String message) {
            super(message);
        }
    }

    private static void checked(String method, String bucket, String name, Answer answer) throws IOException {
        if (answer.status >= 300) {
            throw failure(method, bucket, name, answer);
        }
    }

    private static IOException failure(String method, String bucket, String name, Answer answer) {
        String what = message(answer) + " (Service: Amazon S3; Status Code: " + answer.status + "; " + method + " s3://" + bucket + "/" + name
                + ")";
        if (answer.status == 403 || answer.status == 401) {
            return new AccessControlException(what);
        }
        return new ServiceException(what);
    }

    private static String message(Answer answer) {
        if (answer.body.length == 0) {
            return answer.status == 403 ? "Access Denied" : "no message";
        }
        try {
            Element root = parse(answer.body);
            return text(root, "Code") + ": " + text(root, "Message");
        } catch (IOException error) {
            return new String(answer.body, StandardCharsets.UTF_8);
        }
    }

    // -- signature, version 4

    private HttpURLConnection open(String method, String bucket, String name, Map query, Map headers, String hash) throws IOException {
        StringBuilder parameters = new StringBuilder();
        for (Object each : query.entrySet()) {
            Map.Entry pair = (Map.Entry) each;
            parameters.append(parameters.length() == 0 ? "" : "&").append(encoded((String) pair.getKey(), false)).append("=");
            parameters.append(encoded((String) pair.getValue(), false));
        }
        String path = "/" + encoded(bucket, false) + (name.isEmpty() ? "" : "/" + encoded(name, true));
        URL url = new URL(endpoint + path + (parameters.length() == 0 ? "" : "?" + parameters));
        SimpleDateFormat format = new SimpleDateFormat("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT);
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        String now = format.format(new Date());
        String day = now.substring(0, 8);
        TreeMap signed = new TreeMap(headers);
        signed.put("host", url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + url.getPort());
        signed.put("x-amz-content-sha256", hash);
        signed.put("x-amz-date", now);
        if (token != null && !token.isEmpty()) {
            signed.put("x-amz-security-token", token);
        }
        StringBuilder lines = new StringBuilder();
        StringBuilder names = new StringBuilder();
        for (Object each : signed.entrySet()) {
            Map.Entry pair = (Map.Entry) each;
            lines.append((String) pair.getKey()).append(":").append(((String) pair.getValue()).trim()).append("\n");
            names.append(names.length() == 0 ? "" : ";").append((String) pair.getKey());
        }
        String canonical = method + "\n" + path + "\n" + parameters + "\n" + lines + "\n" + names + "\n" + hash;
        String scope = day + "/" + region + "/s3/aws4_request";
        String toSign = "AWS4-HMAC-SHA256\n" + now + "\n" + scope + "\n" + hex(digest("SHA-256", bytes(canonical)));
        byte[] signing = mac(mac(mac(mac(bytes("AWS4" + secret), day), region), "s3"), "aws4_request");
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout(10000);
        connection.setReadTimeout(120000);
        connection.setUseCaches(false);
        for (Object each : signed.entrySet()) {
            Map.Entry pair = (Map.Entry) each;
            if (!"host".equals(pair.getKey())) {
                connection.setRequestProperty((String) pair.getKey(), (String) pair.getValue());
            }
        }
        connection.setRequestProperty("User-Agent", "headwater-spark");
        connection.setRequestProperty("Authorization", "AWS4-HMAC-SHA256 Credential=" + key + "/" + scope + ", SignedHeaders=" + names
                + ", Signature=" + hex(mac(signing, toSign)));
        return connection;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] mac(byte[] key, String text) throws IOException {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (java.security.GeneralSecurityException error) {
            throw new IOException(error);
        }
    }

    private static byte[] digest(String algorithm, byte[] content) throws IOException {
        try {
            return MessageDigest.getInstance(algorithm).digest(content);
        } catch (java.security.GeneralSecurityException error) {
            throw new IOException(error);
        }
    }

    private static String hex(byte[] content) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < content.length; at++) {
            out.append(Character.forDigit((content[at] >> 4) & 15, 16)).append(Character.forDigit(content[at] & 15, 16));
        }
        return out.toString();
    }

    private static String encoded(String text, boolean keepSlash) {
        StringBuilder out = new StringBuilder();
        byte[] content = bytes(text);
        for (int at = 0; at < content.length; at++) {
            char letter = (char) (content[at] & 255);
            boolean plain = letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' || letter >= '0' && letter <= '9'
                    || "-_.~".indexOf(letter) >= 0 || keepSlash && letter == '/';
            if (plain) {
                out.append(letter);
            } else {
                out.append('%').append(hex(new byte[] {content[at]}).toUpperCase(Locale.ROOT));
            }
        }
        return out.toString();
    }

    // -- XML

    private static Element parse(byte[] content) throws IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            Document document = factory.newDocumentBuilder().parse(new java.io.ByteArrayInputStream(content));
            return document.getDocumentElement();
        } catch (Exception error) {
            throw new IOException("not an answer of S3: " + new String(content, StandardCharsets.UTF_8), error);
        }
    }

    private static String text(Element element, String name) {
        NodeList found = element.getElementsByTagName(name);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent();
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            char letter = text.charAt(at);
            if (letter == '<' || letter == '>' || letter == '&' || letter < ' ') {
                out.append("&#").append((int) letter).append(';');
            } else {
                out.append(letter);
            }
        }
        return out.toString();
    }
}
