#include "standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace wemol {

void open_missing_standard_streams() {
  int fd = -1;
  do {
    fd = open("/dev/null", O_RDWR);  // takes the lowest free number
  } while (fd >= 0 && fd <= STDERR_FILENO);
  close(fd);
}

}  // namespace wemol
