from cdp.base.progress import Progress


class Stages(Progress):
    """Progress that remembers: (unit, total, done) of each stage, the last one too."""

    def __init__(self):
        self.known = []
        super().__init__("work")

    def begin(self, unit, *, total=0, done=0):
        super().begin(unit, total=total, done=done)
        self.known.append((unit, total, done))

    def reach(self, done):
        super().reach(done)
        self.known[-1] = (self.unit, self.total, done)
