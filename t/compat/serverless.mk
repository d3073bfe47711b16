# one application beside the Serverless Framework's emulator

.PHONY: compat-serverless

compat-serverless: module               #: serverless-offline, side by side
	@$(setup) t/compat/serverless
	@prove -v -e '' t/compat/serverless/run
