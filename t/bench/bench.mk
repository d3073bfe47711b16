# measurements

.PHONY: callgrind callgrind-check callgrind-update bench bench-broadcast \
        bench-flat bench-idle bench-linear bench-packages soak

bench-packages: module
	@$(setup) bench

callgrind: bench-packages               #: instructions a message costs
	@t/bench/callgrind

callgrind-check: bench-packages         #: the same, against the kept table
	@t/bench/callgrind check

callgrind-update: bench-packages        #: the same, into the kept table
	@t/bench/callgrind update

bench-flat: bench-packages              #: memory over 1,100,000 messages
	@t/bench/flat

bench-idle: bench-packages              #: memory of 10,000 idle connections
	@t/bench/idle

bench: bench-packages                   #: speed, beside plain HTTP's
	@t/bench/bench

bench-broadcast: bench-packages         #: one push to each of 2,000 clients
	@t/bench/broadcast

bench-linear: bench-packages            #: instructions by size of what is sent
	@t/bench/linear

soak: bench-packages                    #: churn and reloads for SOAK_S seconds
	@t/bench/soak
