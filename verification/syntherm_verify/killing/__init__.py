"""The session's process is killed or stopped: what then flows over real wires, by the truth of the simulators."""
