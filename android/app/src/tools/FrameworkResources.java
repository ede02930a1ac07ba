import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes an APK of the Android framework's resources that every aapt2 can link against.
 *
 * <p>Run by the JDK from source: {@code java FrameworkResources.java android-all.jar framework-res.apk}.
 *
 * <p>Since Android 14 the framework's table uses 16-bit offsets and compact entries, which the aapt2 of Debian (Android 10)
 * reads as "no such attribute". This writes the same table in the old, wider form. Layout: ResourceTypes.h of
 * frameworks/base, {@code ResTable_type}, {@code ResTable_entry}.
 */
final class FrameworkResources {
  private static final int TABLE = 0x0002, PACKAGE = 0x0200, TYPE = 0x0201, SPEC = 0x0202, STRINGS = 0x0001;
  private static final int SPARSE = 1, OFFSET16 = 2;
  private static final int COMPLEX = 1, COMPACT = 8;
  private static final int NONE = 0xFFFFFFFF;

  public static void main(String[] args) throws IOException {
    Path made = Path.of(args[1]);
    if (Files.exists(made) && Files.getLastModifiedTime(made).compareTo(Files.getLastModifiedTime(Path.of(args[0]))) > 0) {
      return;
    }
    try (ZipFile jar = new ZipFile(args[0]); OutputStream file = Files.newOutputStream(made);
        ZipOutputStream apk = new ZipOutputStream(file)) {
      store(apk, "AndroidManifest.xml", read(jar, "AndroidManifest.xml"));
      store(apk, "resources.arsc", widen(read(jar, "resources.arsc")));
    }
  }

  private static byte[] read(ZipFile jar, String name) throws IOException {
    return jar.getInputStream(jar.getEntry(name)).readAllBytes();
  }

  private static void store(ZipOutputStream apk, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    apk.putNextEntry(entry);
    apk.write(bytes);
    apk.closeEntry();
  }

  private static ByteBuffer buffer(byte[] bytes, int from, int to) {
    return ByteBuffer.wrap(Arrays.copyOfRange(bytes, from, to)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The global strings and the first package; the others hold resources that are not yet final. */
  private static byte[] widen(byte[] table) {
    ByteBuffer in = buffer(table, 0, table.length);
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    boolean packageSeen = false;
    for (int at = in.getShort(2); at < table.length; at += in.getInt(at + 4)) {
      int kind = in.getShort(at) & 0xFFFF;
      byte[] chunk = Arrays.copyOfRange(table, at, at + in.getInt(at + 4));
      if (kind == STRINGS) {
        chunks.writeBytes(chunk);
      } else if (kind == PACKAGE && !packageSeen) {
        packageSeen = true;
        chunks.writeBytes(widenPackage(chunk));
      }
    }
    ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    header.putShort((short) TABLE).putShort((short) 12).putInt(12 + chunks.size()).putInt(1);
    return join(header.array(), chunks.toByteArray());
  }

  private static byte[] widenPackage(byte[] bytes) {
    ByteBuffer in = buffer(bytes, 0, bytes.length);
    int headerSize = in.getShort(2) & 0xFFFF;
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    int entries = 0;
    for (int at = headerSize; at < bytes.length; at += in.getInt(at + 4)) {
      int kind = in.getShort(at) & 0xFFFF;
      byte[] chunk = Arrays.copyOfRange(bytes, at, at + in.getInt(at + 4));
      if (kind == SPEC) {
        entries = in.getInt(at + 12);
        // Newer tables count the types here; older readers want a zero.
        chunk[10] = chunk[11] = 0;
        chunks.writeBytes(chunk);
      } else if (kind == TYPE) {
        chunks.writeBytes(widenType(chunk, entries));
      } else if (kind == STRINGS) {
        chunks.writeBytes(chunk);
      }
    }
    byte[] header = Arrays.copyOf(bytes, headerSize);
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putInt(4, headerSize + chunks.size());
    return join(header, chunks.toByteArray());
  }

  /** One configuration of one type: {@code entries} offsets of 32 bits, then the entries. */
  private static byte[] widenType(byte[] bytes, int entries) {
    ByteBuffer in = buffer(bytes, 0, bytes.length);
    int headerSize = in.getShort(2) & 0xFFFF;
    int flags = bytes[9];
    int count = in.getInt(12);
    int start = in.getInt(16);
    int[] from = new int[entries];
    Arrays.fill(from, NONE);
    for (int i = 0; i < count; i++) {
      if ((flags & SPARSE) != 0) {
        from[in.getShort(headerSize + 4 * i) & 0xFFFF] = (in.getShort(headerSize + 4 * i + 2) & 0xFFFF) * 4;
      } else if ((flags & OFFSET16) != 0) {
        int offset = in.getShort(headerSize + 2 * i) & 0xFFFF;
        from[i] = offset == 0xFFFF ? NONE : offset * 4;
      } else {
        from[i] = in.getInt(headerSize + 4 * i);
      }
    }
    ByteBuffer offsets = ByteBuffer.allocate(4 * entries).order(ByteOrder.LITTLE_ENDIAN);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int offset : from) {
      offsets.putInt(offset == NONE ? NONE : body.size());
      if (offset != NONE) {
        body.writeBytes(widenEntry(in, start + offset));
      }
    }
    byte[] header = Arrays.copyOf(bytes, headerSize);
    int size = headerSize + 4 * entries + body.size();
    ByteBuffer out = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(4, size).put(9, (byte) 0).putInt(12, entries).putInt(16, headerSize + 4 * entries);
    return join(join(header, offsets.array()), body.toByteArray());
  }

  private static byte[] widenEntry(ByteBuffer in, int at) {
    int flags = in.getShort(at + 2) & 0xFFFF;
    if ((flags & COMPACT) != 0) {
      ByteBuffer entry = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
      entry.putShort((short) 8).putShort((short) (flags & 0xFF & ~COMPACT)).putInt(in.getShort(at) & 0xFFFF);
      entry.putShort((short) 8).put((byte) 0).put((byte) (flags >> 8)).putInt(in.getInt(at + 4));
      return entry.array();
    }
    int size = (flags & COMPLEX) == 0 ? 16 : 16 + 12 * in.getInt(at + 12);
    byte[] entry = new byte[size];
    in.get(at, entry);
    return entry;
  }

  private static byte[] join(byte[] head, byte[] tail) {
    byte[] both = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, both, head.length, tail.length);
    return both;
  }
}
