"""Divided cards: instances that a stand-in for NVML tells of are cards of their own."""
import os
import pathlib
import unittest

from queue_under_test import QueueTest

GB = 1024 ** 3


def instance(place, name, free, processes=""):
    return (f"0.{place}.uuid MIG-{name}\n0.{place}.name NVIDIA A100 MIG 1g.10gb\n"
            f"0.{place}.memory {10 * GB} 0 {(10 - free) * GB}\n0.{place}.processes {processes}\n")


def whole_card(index):
    return f"{index}.uuid GPU-{index}\n{index}.name NVIDIA A100\n{index}.memory {80 * GB} 0 0\n{index}.processes \n"


@unittest.skipUnless("WEMOL_FAKE_NVML" in os.environ, "there is no stand-in for NVML")
class Mig(QueueTest):
    def setUp(self):
        super().setUp()
        folder = self.project.root / "nvml"
        folder.mkdir()
        (folder / "libnvidia-ml.so.1").symlink_to(os.environ["WEMOL_FAKE_NVML"])
        self.nvml = {"LD_LIBRARY_PATH": str(folder), "FAKE_NVML_SCENARIO": str(folder / "scenario")}

    def set_scenario(self, *parts, count=2):
        path = pathlib.Path(self.nvml["FAKE_NVML_SCENARIO"])
        self.project.replace(path, f"count {count}\n" + "".join(parts))

    def divided(self, *instances):
        return "0.uuid GPU-0\n0.name NVIDIA A100\n0.memory {} 0 0\n0.mig 7\n0.processes \n".format(80 * GB) + "".join(
            instances)

    def test_each_instance_is_a_card(self):
        self.set_scenario(self.divided(instance(0, "a", 9), instance(2, "b", 8)), count=1)
        meet = 'touch $UNI_ID.here; while [ $(ls | grep -c here) != 2 ]; do sleep 0.05; done'
        self.commands(f"{meet}; echo got $CUDA_VISIBLE_DEVICES\n1,7\n\n{meet}; echo got $CUDA_VISIBLE_DEVICES\n2,7\n")
        self.assertEqual(self.project.run(**self.nvml), 0, self.project.log())
        got = {self.project.output(job).strip() for job in (1, 2)}
        self.assertEqual(got, {"got MIG-a", "got MIG-b"}, "they ran at the same time")
        self.assertEqual(sorted(path.name for path in self.project.locks.glob("*.lock")), ["MIG-a.lock", "MIG-b.lock"])

    def test_the_memory_is_that_of_the_instance(self):
        self.set_scenario(self.divided(instance(0, "a", 5)), whole_card(1))
        self.commands("echo got $CUDA_VISIBLE_DEVICES\n1,7\n")
        self.assertEqual(self.project.run(**self.nvml), 0, self.project.log())
        self.assertEqual(self.project.output(1), "got GPU-1\n", "by its UUID, beside a divided card")

    def test_an_instance_in_use_is_not_taken(self):
        self.set_scenario(self.divided(instance(0, "a", 9, f"{os.getpid()}:5:1:0"), instance(1, "b", 8)), count=1)
        self.commands("echo got $CUDA_VISIBLE_DEVICES\n1,7\n")
        self.assertEqual(self.project.run(**self.nvml), 0, self.project.log())
        self.assertEqual(self.project.output(1), "got MIG-b\n")

    def test_a_job_of_several_cards_gets_no_instances(self):
        self.set_scenario(self.divided(instance(0, "a", 9), instance(1, "b", 9)), count=1)
        self.commands("1\necho never\n2\n7\n")
        self.project.start("--keep-running", **self.nvml)
        self.assert_eventually(lambda: "CUDA gives a job one instance of a divided card" in self.project.log())

    def test_the_own_mask_names_instances(self):
        self.set_scenario(self.divided(instance(0, "a", 9), instance(1, "b", 9)), count=1)
        self.commands("echo got $CUDA_VISIBLE_DEVICES\n1,7\n")
        self.assertEqual(self.project.run(CUDA_VISIBLE_DEVICES="MIG-b", **self.nvml), 0, self.project.log())
        self.assertEqual(self.project.output(1), "got MIG-b\n")


if __name__ == "__main__":
    unittest.main()
