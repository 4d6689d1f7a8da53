"""The manual's example: two queues, all forms of commands, a job that succeeds at its third try."""
import json
import unittest

from queue_under_test import QueueTest

EXAMPLE = r'''# two queues, one after the other within each
echo "work in {work_dir}" > out_{uni_id}.txt
awk '{print $1}' data.txt > first.txt
1,20 # the first queue

"sh train.sh {work_dir} \"two words\"",
"echo ${HOME:-none} {not_a_variable} '{\"a\": 1}' > braces.txt",
1, #queue
20 # GB

b
echo b started > b.txt
echo b ended >> b.txt
10 # GB
'''

TRAIN = '''printf '%s|%s|%s\\n' "$1" "$2" "$CUDA_VISIBLE_DEVICES" >> tries.txt
echo "$WEMOL_QUEUE_JOB $UNI_ID"
[ "$(wc -l < tries.txt)" -ge 3 ]
'''


class Example(QueueTest):
    def setUp(self):
        super().setUp()
        self.commands(EXAMPLE)
        (self.project.root / "train.sh").write_text(TRAIN)
        (self.project.root / "data.txt").write_text("one two\n")
        self.project.configure(retry_config__max_retry_before_backoff=2, retry_config__backoff_duration=0.5)

    def test_runs_to_its_end(self):
        self.assert_runs(0)
        root = self.project.root
        first = json.loads(json.dumps(self.project.uni_ids()))
        self.assertEqual({record["state"] for record in first.values()}, {"normal_exit", "abnormal_exit"})
        self.assertEqual(len(first), 5)
        outputs = list(root.glob("out_compete_*.txt"))
        self.assertEqual([path.read_text() for path in outputs], [f"work in {root}\n"])
        self.assertEqual((root / "first.txt").read_text(), "one\n")
        self.assertEqual((root / "b.txt").read_text(), "b started\nb ended\n")
        self.assertEqual((root / "braces.txt").read_text(), f"{root} {{not_a_variable}} {{\"a\": 1}}\n")
        tries = (root / "tries.txt").read_text().splitlines()
        self.assertEqual(len(tries), 3)
        for line in tries:
            self.assertRegex(line, rf"^{root}\|two words\|[01]$")

    def test_retries_with_a_pause_and_tells_why(self):
        self.assert_runs(0)
        tries = [(entry["try"], entry["result"], entry.get("error_type")) for entry in self.project.history()
                 if entry["job"] == 2]
        self.assertEqual(tries, [(1, "failed", "exit"), (2, "failed", "exit"), (3, "succeeded", None)])
        ended = [entry for entry in self.project.history() if entry["job"] == 2]
        self.assertEqual(len({entry["uni_id"] for entry in ended}), 3)
        self.assertEqual(len(self.lines(r"job 2 \(queue 1\): try \d failed")), 2)
        self.assertEqual(len(self.lines(r"job 2 \(queue 1\) waits: the queue is in backoff")), 1)
        self.assertRegex(self.project.output(2), r"^2 compete_\d{6}\n")


if __name__ == "__main__":
    unittest.main()
