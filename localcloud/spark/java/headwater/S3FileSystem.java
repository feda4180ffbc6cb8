package headwater;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * s3:// for Hadoop and Spark: each call is a call of S3's API with the credentials of the run's role.
 *
 * A folder is there as long as something lies in it: mkdirs makes nothing. A rename copies and deletes.
 */
public final class S3FileSystem extends FileSystem {
    private static final int MOST = 1000;

    private S3Client client;
    private URI uri;
    private String bucket;
    private Path home;

    public void initialize(URI name, Configuration configuration) throws IOException {
        super.initialize(name, configuration);
        setConf(configuration);
        bucket = name.getAuthority();
        if (bucket == null || bucket.isEmpty()) {
            throw new IOException("no bucket in " + name + "; an address is s3://bucket/key");
        }
        uri = URI.create(name.getScheme() + "://" + bucket);
        home = new Path(uri.toString() + "/");
        client = new S3Client();
    }

    public String getScheme() {
        return uri == null ? "s3" : uri.getScheme();
    }

    public URI getUri() {
        return uri;
    }

    public Path getWorkingDirectory() {
        return home;
    }

    public void setWorkingDirectory(Path path) {
        home = path;
    }

    public long getDefaultBlockSize() {
        return S3Client.PART;
    }

    public long getDefaultBlockSize(Path path) {
        return S3Client.PART;
    }

    /** The key of a path, without a slash at either end. */
    private String key(Path path) {
        String found = makeQualified(path).toUri().getPath();
        while (found.startsWith("/")) {
            found = found.substring(1);
        }
        while (found.endsWith("/")) {
            found = found.substring(0, found.length() - 1);
        }
        return found;
    }

    private Path path(String key) {
        return new Path(uri.getScheme(), bucket, "/" + key);
    }

    private FileStatus file(S3Client.Entry entry) {
        return new FileStatus(entry.size, false, 1, S3Client.PART, entry.modified, path(entry.name));
    }

    private FileStatus folder(String key) {
        return new FileStatus(0, true, 1, 0, 0, path(key));
    }

    public FileStatus getFileStatus(Path path) throws IOException {
        String key = key(path);
        if (key.isEmpty()) {
            return folder("");
        }
        S3Client.Entry entry = client.head(bucket, key);
        if (entry != null) {
            return file(entry);
        }
        if (client.list(bucket, key + "/", null, 1, null).entries.isEmpty()) {
            throw new FileNotFoundException("there is nothing at " + path);
        }
        return folder(key);
    }

    public FileStatus[] listStatus(Path path) throws IOException {
        String key = key(path);
        String prefix = key.isEmpty() ? "" : key + "/";
        List found = new ArrayList();
        boolean any = key.isEmpty();
        String next = null;
        do {
            S3Client.Page page = client.list(bucket, prefix, "/", MOST, next);
            for (int at = 0; at < page.entries.size(); at++) {
                S3Client.Entry entry = (S3Client.Entry) page.entries.get(at);
                any = true;
                if (entry.etag == null) {
                    found.add(folder(entry.name.substring(0, entry.name.length() - 1)));
                } else if (!entry.name.endsWith("/")) {
                    found.add(file(entry));
                }
            }
            next = page.next;
        } while (next != null);
        if (!any) {
            S3Client.Entry entry = client.head(bucket, key);
            if (entry == null) {
                throw new FileNotFoundException("there is nothing at " + path);
            }
            found.add(file(entry));
        }
        FileStatus[] out = new FileStatus[found.size()];
        for (int at = 0; at < out.length; at++) {
            out[at] = (FileStatus) found.get(at);
        }
        return out;
    }

    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        String key = key(path);
        S3Client.Entry entry = key.isEmpty() ? null : client.head(bucket, key);
        if (entry == null) {
            throw new FileNotFoundException("there is no object " + path);
        }
        return new FSDataInputStream(new S3InputStream(client, bucket, key, entry.size));
    }

    public FSDataOutputStream create(Path path, FsPermission permission, boolean overwrite, int bufferSize, short replication, long blockSize,
            Progressable progress) throws IOException {
        String key = key(path);
        if (!overwrite && client.head(bucket, key) != null) {
            throw new FileAlreadyExistsException(path + " exists already");
        }
        return new FSDataOutputStream(new S3OutputStream(client, bucket, key), statistics);
    }

    public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) throws IOException {
        throw new UnsupportedOperationException("S3 cannot append to " + path + "; write a new object");
    }

    public boolean mkdirs(Path path, FsPermission permission) {
        return true;
    }

    public boolean rename(Path from, Path to) throws IOException {
        FileStatus source;
        try {
            source = getFileStatus(from);
        } catch (FileNotFoundException error) {
            return false;
        }
        String target = key(to);
        try {
            if (getFileStatus(to).isDirectory()) {
                target = (target.isEmpty() ? "" : target + "/") + from.getName();
            } else {
                return false;
            }
        } catch (FileNotFoundException error) {
            // It is free.
        }
        String start = key(from);
        if (target.equals(start) || target.startsWith(start + "/")) {
            return false;
        }
        if (source.isFile()) {
            client.copy(bucket, start, bucket, target, source.getLen());
            client.delete(bucket, one(start));
            return true;
        }
        List entries = below(start + "/");
        for (int at = 0; at < entries.size(); at++) {
            S3Client.Entry entry = (S3Client.Entry) entries.get(at);
            client.copy(bucket, entry.name, bucket, target + entry.name.substring(start.length()), entry.size);
        }
        deleteAll(entries);
        return true;
    }

    public boolean delete(Path path, boolean recursive) throws IOException {
        FileStatus status;
        try {
            status = getFileStatus(path);
        } catch (FileNotFoundException error) {
            return false;
        }
        String key = key(path);
        if (status.isFile()) {
            client.delete(bucket, one(key));
            return true;
        }
        List entries = below(key.isEmpty() ? "" : key + "/");
        if (!recursive && !entries.isEmpty()) {
            throw new PathIsNotEmptyDirectoryException(path.toString());
        }
        deleteAll(entries);
        return true;
    }

    /** Every object whose key begins with `prefix`. */
    private List below(String prefix) throws IOException {
        List out = new ArrayList();
        String next = null;
        do {
            S3Client.Page page = client.list(bucket, prefix, null, MOST, next);
            out.addAll(page.entries);
            next = page.next;
        } while (next != null);
        return out;
    }

    private void deleteAll(List entries) throws IOException {
        for (int start = 0; start < entries.size(); start += MOST) {
            List names = new ArrayList();
            for (int at = start; at < Math.min(entries.size(), start + MOST); at++) {
                names.add(((S3Client.Entry) entries.get(at)).name);
            }
            client.delete(bucket, names);
        }
    }

    private static List one(String name) {
        List out = new ArrayList();
        out.add(name);
        return out;
    }

    /** Send a file of this machine to its place, whole or not at all. */
    void upload(java.io.File file, Path to) throws IOException {
        client.put(bucket, key(to), file);
    }
}
