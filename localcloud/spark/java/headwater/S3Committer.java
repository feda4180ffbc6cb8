package headwater;

import java.io.File;
import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.JobStatus;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter;

/**
 * Tasks write on this machine, and their files go to S3 when they commit: no temporary objects, nothing to rename.
 *
 * As with the committer that AWS's runtime has, a task's files appear when that task commits, not all at the job's end.
 */
public final class S3Committer extends FileOutputCommitter {
    private final Path output;
    private final FileSystem target;
    private final File folder;

    public S3Committer(Path output, TaskAttemptContext context) throws IOException {
        super(output, context);
        this.output = output;
        target = output == null ? null : output.getFileSystem(context.getConfiguration());
        File parent = new File(System.getProperty("java.io.tmpdir"));
        folder = new File(parent, "task-" + context.getTaskAttemptID() + "-" + java.util.UUID.randomUUID());
    }

    private boolean ours() {
        return target instanceof S3FileSystem;
    }

    public Path getWorkPath() throws IOException {
        return ours() ? new Path(folder.toURI()) : super.getWorkPath();
    }

    public void setupJob(JobContext context) throws IOException {
        if (!ours()) {
            super.setupJob(context);
        }
    }

    public void setupTask(TaskAttemptContext context) throws IOException {
        if (!ours()) {
            super.setupTask(context);
        }
    }

    public boolean needsTaskCommit(TaskAttemptContext context) throws IOException {
        return ours() ? folder.exists() : super.needsTaskCommit(context);
    }

    public void commitTask(TaskAttemptContext context) throws IOException {
        if (!ours()) {
            super.commitTask(context);
            return;
        }
        try {
            send(folder, output);
        } finally {
            FileUtil.fullyDelete(folder);
        }
    }

    private void send(File from, Path to) throws IOException {
        File[] files = from.listFiles();
        for (int at = 0; files != null && at < files.length; at++) {
            String name = files[at].getName();
            if (files[at].isDirectory()) {
                send(files[at], new Path(to, new Path(null, null, name)));
            } else if (!name.endsWith(".crc") || !name.startsWith(".")) {
                ((S3FileSystem) target).upload(files[at], new Path(to, new Path(null, null, name)));
            }
        }
    }

    public void abortTask(TaskAttemptContext context) throws IOException {
        if (ours()) {
            FileUtil.fullyDelete(folder);
        } else {
            super.abortTask(context);
        }
    }

    public void commitJob(JobContext context) throws IOException {
        if (!ours()) {
            super.commitJob(context);
        } else if (context.getConfiguration().getBoolean("mapreduce.fileoutputcommitter.marksuccessfuljobs", true)) {
            target.create(new Path(output, "_SUCCESS"), true).close();
        }
    }

    public void abortJob(JobContext context, JobStatus.State state) throws IOException {
        if (!ours()) {
            super.abortJob(context, state);
        }
    }

    public void cleanupJob(JobContext context) throws IOException {
        if (!ours()) {
            super.cleanupJob(context);
        }
    }
}
