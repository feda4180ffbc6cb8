package headwater;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.fs.FSInputStream;

/**
 * An object's bytes from any place. From front to back it is one request; who jumps about (Parquet) gets pieces of READ_AHEAD,
 * so that no request is opened for bytes that nobody wants.
 */
public final class S3InputStream extends FSInputStream {
    private static final long READ_AHEAD = 1 << 20;
    /** So near ahead that reading on is cheaper than a new request. */
    private static final long NEAR = 1 << 17;
    private static final int TRIES = 5;

    private final S3Client client;
    private final String bucket;
    private final String name;
    private final long size;
    private long wanted;
    private long at;
    private long end;
    private boolean jumps;
    private InputStream in;
    private boolean closed;

    public S3InputStream(S3Client client, String bucket, String name, long size) {
        this.client = client;
        this.bucket = bucket;
        this.name = name;
        this.size = size;
    }

    public synchronized void seek(long position) throws IOException {
        if (position < 0) {
            throw new EOFException("cannot seek to " + position + " in s3://" + bucket + "/" + name);
        }
        wanted = position;
    }

    public synchronized long getPos() {
        return wanted;
    }

    public boolean seekToNewSource(long position) {
        return false;
    }

    public synchronized int available() {
        return 0;
    }

    public synchronized int read() throws IOException {
        byte[] one = new byte[1];
        int got = read(one, 0, 1);
        return got < 0 ? -1 : one[0] & 255;
    }

    public synchronized int read(byte[] buffer, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("s3://" + bucket + "/" + name + " is closed");
        }
        if (length == 0) {
            return 0;
        }
        if (wanted >= size) {
            return -1;
        }
        IOException last = null;
        for (int attempt = 0; attempt < TRIES; attempt++) {
            try {
                position(length);
                int got = in.read(buffer, offset, (int) Math.min(length, end - at));
                if (got > 0) {
                    at += got;
                    wanted = at;
                    return got;
                }
                last = new EOFException("s3://" + bucket + "/" + name + " ended at " + at + " of " + size + " bytes");
            } catch (S3Client.ServiceException error) {
                throw error;
            } catch (org.apache.hadoop.security.AccessControlException error) {
                throw error;
            } catch (IOException error) {
                last = error;
            }
            drop();
        }
        throw last;
    }

    /** Open the object where the next byte is wanted, unless it is open there. */
    private void position(int length) throws IOException {
        if (in != null && wanted != at) {
            if (wanted > at && wanted - at <= NEAR && wanted < end) {
                long left = wanted - at;
                while (left > 0) {
                    long skipped = in.skip(left);
                    if (skipped <= 0) {
                        break;
                    }
                    left -= skipped;
                    at += skipped;
                }
            }
            if (wanted != at) {
                jumps = true;
                drop();
            }
        }
        if (in != null && at >= end) {
            drop();
        }
        if (in == null) {
            // The first read at some other place than the start: a footer, or a task's share of a file.
            if (wanted > 0 && size - wanted <= READ_AHEAD) {
                jumps = true;
            }
            end = jumps ? Math.min(size, wanted + Math.max(length, READ_AHEAD)) : size;
            in = client.get(bucket, name, wanted, end - 1);
            at = wanted;
        }
    }

    private void drop() {
        if (in != null) {
            try {
                in.close();
            } catch (IOException error) {
                // It is no longer wanted.
            }
            in = null;
        }
    }

    public synchronized void close() {
        drop();
        closed = true;
    }
}
