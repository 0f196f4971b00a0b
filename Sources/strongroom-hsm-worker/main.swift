import Glibc
import HSMConformance
import HSMWorker

// Without the exit handlers: a module's own would take apart what its threads may still use.
_exit(Worker.main(conformance: Conformance.run))
