#include "out_of_memory.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

TEST(OutOfMemory, IsSeenInTheWordsOfTheFrameworks) {
  for (const char* text :
       {"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a "
        "total "
        "capacity of 79.14 GiB",
        "torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 2 GiB",
        "RuntimeError: CUDA error: out of memory",
        "cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 8,000,000,000 bytes",
        "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to "
        "allocate 8589934592 bytes.",
        "ResourceExhaustedError: OOM when allocating tensor with shape[8192,8192]",
        "terminate called after throwing an instance of 'thrust::system::detail::bad_alloc': "
        "cudaErrorMemoryAllocation: out of memory",
        "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "hipErrorOutOfMemory"}) {
    EXPECT_TRUE(says_out_of_memory(text)) << text;
  }
}

TEST(OutOfMemory, IsNotSeenInOtherFailures) {
  for (const char* text : {"", "Traceback (most recent call last):\nValueError: 1",
                           "CUDA error: device-side assert triggered", "No space left on device",
                           "loss: out of range"}) {
    EXPECT_FALSE(says_out_of_memory(text)) << text;
  }
}

TEST(OutOfMemory, TheKernelsCountIsKnownHere) {
  EXPECT_TRUE(processes_killed_for_memory(file_of_memory_kills(std::nullopt)));
}

TEST(OutOfMemory, TheCountOfTheControlGroupIsTheBetterOne) {
  const test::TempDir group;
  EXPECT_EQ(file_of_memory_kills(group.path()), "/proc/vmstat") << "memory is not controlled there";
  test::write_text(group / "memory.events",
                   "low 0\nhigh 0\nmax 31\noom 2\noom_kill 3\noom_group_kill 0\n");
  EXPECT_EQ(file_of_memory_kills(group.path()), group / "memory.events");
  EXPECT_EQ(processes_killed_for_memory(group / "memory.events"), 3U);
}

}  // namespace
}  // namespace wemol::queue
