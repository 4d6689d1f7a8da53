"""The completion of bash and zsh, in the shells themselves."""
import os
import pathlib
import shutil
import subprocess
import unittest

from queue_under_test import QUEUE, QueueTest

COMPLETIONS = pathlib.Path(os.environ["WEMOL_COMPLETIONS"])


class Completion(QueueTest):
    def completed(self, *words):
        """What bash offers for the last word."""
        script = (f"source {COMPLETIONS}/wemol-queue.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _wemol_queue; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        program = self.project.bin / "wemol-queue"
        if not program.exists():
            program.symlink_to(QUEUE)
        answer = subprocess.run(["bash", "-c", script, "bash", "wemol-queue", *words], capture_output=True, text=True,
                                env=self.project.environment(), cwd=self.project.root, check=True)
        self.assertEqual(answer.stderr, "")
        return answer.stdout.split()

    def test_commands_and_options(self):
        self.assertEqual(self.completed("re"), ["retry", "release"])
        self.assertEqual(set(self.completed("")), {"run", "status", "add", "cancel", "retry", "skip", "hold", "release",
                                                   "log", "check", "wait"})
        self.assertEqual(self.completed("run", "--k"), ["--keep-running"])
        self.assertEqual(self.completed("status", "--format", "j"), ["json"])
        self.assertEqual(self.completed("check", "que"), ["queue"])

    def test_every_option_that_is_offered_is_one(self):
        for command in ("run", "status", "add", "log"):
            help_text = subprocess.run([QUEUE, command, "--help"], capture_output=True, text=True, check=True).stdout
            own = [option for option in self.completed(command, "--")
                   if option not in ("--config", "--state-dir", "--verbose", "--help")]
            self.assertTrue(own, command)
            for option in own:
                self.assertIn(option, help_text, command)

    def test_jobs_and_queues_of_the_scheduler_that_runs(self):
        self.commands("sleep 1000\nnight,20\n\nsleep 1000\nday,20\n")
        self.started()
        config = ("--config", str(self.project.config))
        self.assertEqual(self.completed(*config, "cancel", ""), ["1", "2"])
        self.assertEqual(self.completed(*config, "hold", "n"), ["night"])
        self.assertEqual(self.completed(*config, "add", "--queue", "d"), ["day"])

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_takes_its_file(self):
        script = f"autoload -Uz compinit && fpath=({COMPLETIONS} $fpath) && compinit -u -D && " \
                 "autoload +X _wemol-queue && echo $_comps[wemol-queue]"
        answer = subprocess.run(["zsh", "-fc", script], capture_output=True, text=True, check=True,
                                env=self.project.environment())
        self.assertEqual(answer.stdout, "_wemol-queue\n")


if __name__ == "__main__":
    unittest.main()
