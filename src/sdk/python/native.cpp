// The module wemol_monitor._native: the library as Python objects. What Python does better
// (decorator, context managers) is in wemol_monitor/__init__.py.
#include <cxxabi.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wemol/monitor.h>

namespace py = pybind11;
namespace monitor = wemol::monitor;

namespace {

using Seconds = std::chrono::duration<double>;

/// Runs what asks for the interpreter's lock. While the interpreter ends, it ends each thread that
/// does so, but its own, by an exception that C++ destructors must not let through: such a thread
/// sleeps here instead, until the process has ended. Nothing that `call` makes may have a
/// destructor.
template <typename Call>
auto asking_for_lock(Call call) {
  try {
    return call();
  } catch (const abi::__forced_unwind&) {
    while (true) {
      pause();
    }
  }
}

/// The interpreter's lock is given up while it lives.
class Unlocked {
 public:
  Unlocked() : state_(PyEval_SaveThread()) {}
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;
  ~Unlocked() {
    asking_for_lock([this] { PyEval_RestoreThread(state_); });
  }

 private:
  PyThreadState* state_;
};

/// The interpreter's lock is held while it lives, in whichever thread.
class Locked {
 public:
  Locked() : state_(asking_for_lock(PyGILState_Ensure)) {}
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

/// Runs `call` without the lock of the interpreter.
template <typename Call>
auto unlocked(Call call) {
  const Unlocked held;
  return call();
}

py::object call_python(const py::object& function, const py::object& argument) {
  auto result = py::reinterpret_steal<py::object>(
      asking_for_lock([&] { return PyObject_CallOneArg(function.ptr(), argument.ptr()); }));
  if (!result) {
    throw py::error_already_set();
  }
  return result;
}

/// To destroy an object may wait for a callback, which waits for the lock of the interpreter.
template <typename T>
struct DeleteUnlocked {
  void operator()(T* object) const {
    const Unlocked held;
    delete object;
  }
};
template <typename T>
using Class = py::class_<T, std::unique_ptr<T, DeleteUnlocked<T>>>;

/// A handle that nobody keeps leaves its callback where it is.
template <>
struct DeleteUnlocked<monitor::Subscription> {
  void operator()(monitor::Subscription* subscription) const {
    const Unlocked held;
    subscription->release();
    delete subscription;
  }
};

// ---- What log() takes ----

/// Lone surrogates, which UTF-8 does not have, become question marks.
std::string text_of(py::handle text) {
  Py_ssize_t size = 0;
  if (const char* const bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size)) {
    return {bytes, static_cast<std::size_t>(size)};
  }
  PyErr_Clear();
  const auto encoded =
      py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "replace"));
  if (!encoded) {
    throw py::error_already_set();
  }
  return py::cast<std::string>(encoded);
}

monitor::Value whole_number(py::handle number) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow == 0) {
    return value;
  }
  // As exact as JSON's readers are.
  const double approximate = PyLong_AsDouble(number.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return nullptr;
  }
  return approximate;
}

/// With Python's error, where there is one, as the reason. Ctrl-C and the like go on as they are.
[[noreturn]] void refuse(const std::string& name, py::handle value) {
  const bool has_reason = PyErr_Occurred() != nullptr;
  if (has_reason && PyErr_ExceptionMatches(PyExc_Exception) == 0) {
    throw py::error_already_set();
  }
  const std::string text = "log(): the value of \"" + name + "\" is a " +
                           Py_TYPE(value.ptr())->tp_name + ", no number, text, bool or None";
  if (has_reason) {
    py::raise_from(PyExc_TypeError, text.c_str());
    throw py::error_already_set();
  }
  throw py::type_error(text);
}

/// Numbers of other libraries: NumPy's, a tensor with one element.
monitor::Value foreign_number(const std::string& name, py::handle value) {
  if (PyBytes_Check(value.ptr()) != 0 || PyByteArray_Check(value.ptr()) != 0) {
    refuse(name, value);  // float() would read them as a text
  }
  if (PyIndex_Check(value.ptr()) != 0) {
    if (const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()))) {
      return whole_number(index);
    }
    if (PyErr_ExceptionMatches(PyExc_Exception) == 0) {
      throw py::error_already_set();
    }
    PyErr_Clear();
  }
  const auto number = py::reinterpret_steal<py::object>(PyNumber_Float(value.ptr()));
  if (!number) {
    refuse(name, value);
  }
  return PyFloat_AS_DOUBLE(number.ptr());
}

monitor::Value value_of(const std::string& name, py::handle value) {
  if (value.is_none()) {
    return nullptr;
  }
  if (PyBool_Check(value.ptr())) {
    return value.ptr() == Py_True;
  }
  if (PyLong_Check(value.ptr())) {
    return whole_number(value);
  }
  if (PyFloat_Check(value.ptr())) {
    return PyFloat_AS_DOUBLE(value.ptr());
  }
  if (PyUnicode_Check(value.ptr())) {
    return text_of(value);
  }
  return foreign_number(name, value);
}

bool log(monitor::Run& run, const py::dict& values, std::optional<std::int64_t> step) {
  std::vector<std::string> names;
  std::vector<monitor::Metric> metrics;
  names.reserve(values.size());
  metrics.reserve(values.size());
  for (const auto& [key, value] : values) {
    if (!PyUnicode_Check(key.ptr())) {
      throw py::type_error("log(): names are texts");
    }
    if (names.size() == names.capacity()) {  // the dictionary grew: a value's __float__ did that
      throw std::runtime_error("log(): the dictionary changed meanwhile");
    }
    // Kept: its __float__ may take it out of the dictionary.
    const auto kept = py::reinterpret_borrow<py::object>(value);
    names.push_back(text_of(key));
    metrics.push_back({.name = names.back(), .value = value_of(names.back(), kept)});
  }
  return unlocked([&] { return run.log(std::span<const monitor::Metric>(metrics), step); });
}

// ---- Records as dictionaries, with the keys of the JSON ----

py::dict swap_dict(const monitor::Swap& swap) {
  py::dict made;
  made["used"] = swap.used;
  made["total"] = swap.total;
  made["percentage"] = swap.percentage;
  return made;
}

py::dict memory_dict(const monitor::Memory& memory) {
  py::dict made;
  made["usage"] = memory.usage;
  made["used"] = memory.used;
  made["total"] = memory.total;
  made["swap"] = swap_dict(memory.swap);
  py::dict cgroup;
  cgroup["used"] = memory.cgroup_used;
  cgroup["limit"] = memory.cgroup_limit;
  made["cgroup"] = std::move(cgroup);
  return made;
}

py::dict cpu_dict(const monitor::Cpu& cpu) {
  py::list cores;
  for (const monitor::Core& core : cpu.cores) {
    py::dict made;
    made["id"] = core.id;
    made["usage"] = core.usage;
    made["frequency"] = core.frequency_mhz;
    made["temperature"] = core.temperature;
    cores.append(std::move(made));
  }
  py::dict made;
  made["overall"] = cpu.overall;
  made["cores"] = std::move(cores);
  made["loadAverage"] = cpu.load_average;
  made["processes"] = cpu.processes;
  made["threads"] = cpu.threads;
  return made;
}

py::dict disk_dict(const monitor::Disk& disk) {
  py::dict made;
  made["usage"] = disk.usage;
  made["used"] = disk.used;
  made["total"] = disk.total;
  made["ioRead"] = disk.io_read;
  made["ioWrite"] = disk.io_write;
  made["iops"] = disk.iops;
  return made;
}

py::dict network_dict(const monitor::Network& network) {
  py::dict made;
  made["bytesIn"] = network.bytes_in;
  made["bytesOut"] = network.bytes_out;
  made["packetsIn"] = network.packets_in;
  made["packetsOut"] = network.packets_out;
  made["connections"] = network.connections;
  return made;
}

py::list accelerator_list(const std::vector<monitor::Accelerator>& accelerators) {
  py::list all;
  for (const monitor::Accelerator& accelerator : accelerators) {
    py::dict memory;
    memory["used"] = accelerator.memory.used;
    memory["total"] = accelerator.memory.total;
    memory["percentage"] = accelerator.memory.percentage;
    py::dict made;
    made["id"] = accelerator.id;
    made["type"] = accelerator.type;
    made["uuid"] = accelerator.uuid;
    made["name"] = accelerator.name;
    made["utilization"] = accelerator.utilization;
    made["memory"] = std::move(memory);
    made["temperature"] = accelerator.temperature;
    made["power"] = accelerator.power;
    made["fanSpeed"] = accelerator.fan_speed;
    all.append(std::move(made));
  }
  return all;
}

py::dict summary_dict(const monitor::HardwareSummary& summary) {
  py::dict made;
  made["gpu"] = accelerator_list(summary.gpu);
  made["cpu"] = cpu_dict(summary.cpu);
  made["memory"] = memory_dict(summary.memory);
  made["disk"] = disk_dict(summary.disk);
  made["network"] = network_dict(summary.network);
  return made;
}

py::object spread_dict(const std::optional<monitor::Spread>& spread) {
  if (!spread) {
    return py::none();
  }
  py::dict made;
  made["min"] = spread->min;
  made["mean"] = spread->mean;
  made["max"] = spread->max;
  return made;
}

py::list usage_list(const std::vector<monitor::GpuUsage>& usage) {
  py::list all;
  for (const monitor::GpuUsage& gpu : usage) {
    py::dict made;
    made["id"] = gpu.id;
    made["uuid"] = gpu.uuid;
    made["name"] = gpu.name;
    made["duration"] = gpu.duration.count();
    made["samples"] = gpu.samples;
    made["utilization"] = spread_dict(gpu.utilization);
    made["memory_used"] = spread_dict(gpu.memory_used);
    made["power"] = spread_dict(gpu.power);
    made["temperature"] = spread_dict(gpu.temperature);
    made["energy_joules"] = gpu.energy_joules;
    all.append(std::move(made));
  }
  return all;
}

/// A path as os.fsdecode() gives it.
py::object path_of(const std::string& path) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<Py_ssize_t>(path.size())));
}

/// A message may name a path, and is in the language of the process: it need not be UTF-8.
py::object message_of(const std::string& text) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

py::list messages_of(const std::vector<std::string>& texts) {
  py::list all;
  for (const std::string& text : texts) {
    all.append(message_of(text));
  }
  return all;
}

py::dict status_dict(const monitor::RunStatus& status) {
  py::dict made;
  made["is_finished"] = status.is_finished;
  made["file"] = path_of(status.file);
  made["lines_written"] = status.lines_written;
  made["lines_lost"] = status.lines_lost;
  made["last_error"] = message_of(status.last_error);
  made["callback_errors"] = messages_of(status.callback_errors);
  made["sampling_problems"] = messages_of(status.sampling_problems);
  return made;
}

py::object from_json(const std::string& text) {
  return call_python(py::module_::import("json").attr("loads"), py::str(text));
}

// ---- Callbacks ----

/// A Python function that goes wherever its last owner is, in whichever thread.
std::shared_ptr<py::function> held(py::function function) {
  return {new py::function(std::move(function)), [](py::function* last) {
            if (Py_IsInitialized() != 0) {
              const Locked held;
              delete last;
            }
          }};
}

monitor::Subscription add_callback(monitor::RunSystemMonitor& of, py::function function) {
  auto callback = [function = held(std::move(function))](const monitor::Record& record) {
    const Locked held;
    try {
      (void)call_python(*function, from_json(record.json));
    } catch (const py::error_already_set& error) {
      // It is an object of the interpreter, which the library's thread cannot hold.
      throw std::runtime_error(error.what());
    }
  };
  return unlocked([&] { return of.add_callback(std::move(callback)); });
}

monitor::Run begin(std::string project, std::optional<std::string> run_id, bool system_monitor,
                   std::optional<std::string> node_id, double collect_interval,
                   std::optional<std::string> dir) {
  return unlocked([&] {
    return monitor::init({.project = std::move(project),
                          .run_id = run_id.value_or(""),
                          .system_monitor = system_monitor,
                          .node_id = node_id.value_or(""),
                          .collect_interval = Seconds(collect_interval),
                          .dir = dir.value_or("")});
  });
}

monitor::RunSystemMonitor system_monitor(const std::string& run_id,
                                         std::optional<std::string> project,
                                         std::optional<std::string> node_id,
                                         std::optional<double> collect_interval,
                                         std::optional<std::string> dir) {
  return unlocked([&] {
    return monitor::get_run_system_monitor(
        run_id, {.project = project.value_or(""),
                 .node_id = node_id.value_or(""),
                 .collect_interval =
                     collect_interval ? std::optional(Seconds(*collect_interval)) : std::nullopt,
                 .dir = dir.value_or("")});
  });
}

using WithoutLock = py::call_guard<Unlocked>;

void define_runs(py::module_& module) {
  Class<monitor::Run>(module, "Run")
      .def_property_readonly("id", &monitor::Run::id)
      .def_property_readonly("project", &monitor::Run::project)
      .def("log", &log, py::arg("values"), py::arg("step") = py::none())
      .def("status",
           [](const monitor::Run& run) {
             return status_dict(unlocked([&] { return run.status(); }));
           })
      .def("finish",
           [](monitor::Run& run) { return status_dict(unlocked([&] { return run.finish(); })); });
  module.def("init", &begin, py::arg("project"), py::arg("run_id"), py::arg("system_monitor"),
             py::arg("node_id"), py::arg("collect_interval"), py::arg("dir"));
  module.def("finish_all", &monitor::finish_all, WithoutLock());
  module.def("version", &monitor::version);
}

void define_scopes(py::module_& module) {
  Class<monitor::ScopedLogging>(module, "ScopedLogging")
      .def("end", &monitor::ScopedLogging::end, WithoutLock());
  Class<monitor::GpuUsageScope>(module, "GpuUsageScope")
      .def("end", [](monitor::GpuUsageScope& scope) {
        return usage_list(unlocked([&] { return scope.end(); }));
      });
}

void define_monitors(py::module_& module) {
  Class<monitor::HardwareMonitor>(module, "HardwareMonitor")
      .def(py::init<std::string_view>(), WithoutLock())
      .def("log_all_metrics", &monitor::HardwareMonitor::log_all_metrics, WithoutLock())
      .def("get_hardware_summary",
           [](const monitor::HardwareMonitor& of) {
             return summary_dict(unlocked([&] { return of.get_hardware_summary(); }));
           })
      .def("begin_logging", [](monitor::HardwareMonitor& of, double log_interval) {
        return unlocked([&] { return of.monitor_hardware(Seconds(log_interval)); });
      });
  Class<monitor::GpuMonitor>(module, "GpuMonitor")
      .def(py::init<std::string_view>(), WithoutLock())
      .def("get_gpu_count", &monitor::GpuMonitor::get_gpu_count, WithoutLock())
      .def("get_gpu_info",
           [](const monitor::GpuMonitor& of) {
             return accelerator_list(unlocked([&] { return of.get_gpu_info(); }));
           })
      .def("get_gpu_utilization", &monitor::GpuMonitor::get_gpu_utilization, WithoutLock())
      .def("log_gpu_metrics", &monitor::GpuMonitor::log_gpu_metrics, WithoutLock())
      .def("begin_usage", [](monitor::GpuMonitor& of, std::optional<unsigned> gpu_id) {
        return unlocked([&] { return of.monitor_gpu_usage(gpu_id); });
      });
  Class<monitor::CpuMonitor>(module, "CpuMonitor")
      .def(py::init<std::string_view>(), WithoutLock())
      .def("get_cpu_count", &monitor::CpuMonitor::get_cpu_count, WithoutLock())
      .def("get_cpu_usage", &monitor::CpuMonitor::get_cpu_usage, WithoutLock())
      .def("get_cpu_load", &monitor::CpuMonitor::get_cpu_load, WithoutLock())
      .def("get_core_usage", &monitor::CpuMonitor::get_core_usage, WithoutLock())
      .def("log_cpu_metrics", &monitor::CpuMonitor::log_cpu_metrics, WithoutLock());
  Class<monitor::MemoryMonitor>(module, "MemoryMonitor")
      .def(py::init<std::string_view>(), WithoutLock())
      .def("get_memory_info",
           [](const monitor::MemoryMonitor& of) {
             return memory_dict(unlocked([&] { return of.get_memory_info(); }));
           })
      .def("get_memory_usage", &monitor::MemoryMonitor::get_memory_usage, WithoutLock())
      .def("get_memory_bytes",
           [](const monitor::MemoryMonitor& of) {
             const auto bytes = unlocked([&] { return of.get_memory_bytes(); });
             py::dict made;
             made["used"] = bytes.used;
             made["total"] = bytes.total;
             return made;
           })
      .def("get_swap_info",
           [](const monitor::MemoryMonitor& of) {
             return swap_dict(unlocked([&] { return of.get_swap_info(); }));
           })
      .def("log_memory_metrics", &monitor::MemoryMonitor::log_memory_metrics, WithoutLock());
}

void define_system_monitor(py::module_& module) {
  Class<monitor::Subscription>(module, "Subscription")
      .def("unsubscribe", &monitor::Subscription::unsubscribe, WithoutLock())
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](monitor::Subscription& subscription, const py::args&) {
        unlocked([&] { subscription.unsubscribe(); });
      });
  Class<monitor::RunSystemMonitor>(module, "RunSystemMonitor")
      .def("start", &monitor::RunSystemMonitor::start, WithoutLock())
      .def("stop", &monitor::RunSystemMonitor::stop, WithoutLock())
      .def("is_running", &monitor::RunSystemMonitor::is_running, WithoutLock())
      .def("get_current_metrics",
           [](const monitor::RunSystemMonitor& of) -> py::object {
             const auto record = unlocked([&] { return of.get_current_metrics(); });
             return record ? from_json(record->json) : py::none();
           })
      .def("get_system_info",
           [](const monitor::RunSystemMonitor& of) {
             return from_json(unlocked([&] { return of.get_system_info(); }).json);
           })
      .def("log_custom_metric", &monitor::RunSystemMonitor::log_custom_metric, py::arg("name"),
           py::arg("value"), WithoutLock())
      .def("add_callback", &add_callback, py::arg("callback"))
      .def("status", [](const monitor::RunSystemMonitor& of) {
        return status_dict(unlocked([&] { return of.status(); }));
      });
  module.def("get_run_system_monitor", &system_monitor, py::arg("run_id"), py::arg("project"),
             py::arg("node_id"), py::arg("collect_interval"), py::arg("dir"));
  module.def(
      "cleanup_run_monitor",
      [](const std::string& run_id, const std::optional<std::string>& project) {
        unlocked([&] {
          monitor::cleanup_run_monitor(
              run_id, project ? std::optional<std::string_view>(*project) : std::nullopt);
        });
      },
      py::arg("run_id"), py::arg("project"));
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  define_runs(module);
  define_scopes(module);
  define_monitors(module);
  define_system_monitor(module);
}
