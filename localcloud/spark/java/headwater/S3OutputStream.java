package headwater;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** An object that is being written: on disk until it is closed, then it is there at once and whole. */
public final class S3OutputStream extends OutputStream {
    private final S3Client client;
    private final String bucket;
    private final String name;
    private final File file;
    private OutputStream out;

    public S3OutputStream(S3Client client, String bucket, String name) throws IOException {
        this.client = client;
        this.bucket = bucket;
        this.name = name;
        file = File.createTempFile("s3-", ".part");
        out = new BufferedOutputStream(new FileOutputStream(file), 1 << 16);
    }

    public void write(int one) throws IOException {
        opened().write(one);
    }

    public void write(byte[] buffer, int offset, int length) throws IOException {
        opened().write(buffer, offset, length);
    }

    public void flush() throws IOException {
        if (out != null) {
            out.flush();
        }
    }

    public void close() throws IOException {
        if (out == null) {
            return;
        }
        OutputStream closing = out;
        out = null;
        try {
            closing.close();
            client.put(bucket, name, file);
        } finally {
            file.delete();
        }
    }

    private OutputStream opened() throws IOException {
        if (out == null) {
            throw new IOException("s3://" + bucket + "/" + name + " is closed");
        }
        return out;
    }
}
