# packages for other machines; docs/packages.md says what is in them

version := $(shell sed -n 's/^.define NGX_HTTP_WSGW_VERSION *"\(.*\)"/\1/p' \
                  src/ngx_http_wsgw.h)

.PHONY: dist deb rpm-source packages-fresh

dist:                                   #: build/wsgw-VERSION.tar.gz
	@conf/packaging/tarball $(version) $(objs)/wsgw-$(version).tar.gz
	@ls $(objs)/wsgw-$(version).tar.gz

deb:                                    #: packages for this Debian, in build/deb
	@$(setup) deb
	@conf/packaging/deb $(version) $(objs)/deb

rpm-source:                             #: from which an RPM is built, in build/rpm
	@$(setup) rpm
	@conf/packaging/rpm-source $(version) $(objs)/rpm

packages-fresh:                         #: these in clean Debians 12 and 13
	@t/packaging/path
