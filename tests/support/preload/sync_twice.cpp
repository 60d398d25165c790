// Preloaded into a broker whose ext4 is shut down under it.
//
// A sync that is under way while EXT4_IOC_SHUTDOWN throws the journal away may return 0 although
// its data is lost; one that begins afterwards always fails. So each sync is asked for twice, and
// only when the second one finds the file system alive was the first one over before the shutdown.
#include <sys/syscall.h>
#include <unistd.h>

namespace {

int confirmed(long outcome, int fd) {
  return static_cast<int>(outcome != 0 ? outcome : syscall(SYS_fdatasync, fd));
}

}  // namespace

extern "C" {

int fdatasync(int fd) { return confirmed(syscall(SYS_fdatasync, fd), fd); }

int fsync(int fd) { return confirmed(syscall(SYS_fsync, fd), fd); }

int syncfs(int fd) noexcept { return confirmed(syscall(SYS_syncfs, fd), fd); }

}  // extern "C"
