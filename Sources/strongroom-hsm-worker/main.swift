import Glibc
import HSMWorker

exit(Worker.main())
