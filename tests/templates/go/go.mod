module haldane.dev/go-templates

go 1.21
