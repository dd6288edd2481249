import sys, time
from tests.simulation.seed import simulate
a,b=int(sys.argv[1]),int(sys.argv[2])
t=time.time()
for n in range(a,b):
    o=simulate(n)
    if o.violations or '-v' in sys.argv: print(n,o.shape,o.faults,o.violations[:2],round(o.seconds),o.steps,o.healed)
print(time.time()-t)
