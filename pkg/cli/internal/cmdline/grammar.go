package cmdline

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"weir/pkg/agg"
)

// A type of flags that is none of Go's own implements one of these interfaces, through a pointer.
// An error names the value and what to write instead; Parse puts the flag before it, as the user
// typed it. If the flag is repeated, the method is called for each value.
//
// fmt.Sprint, or the method String if it has one, returns the value in one spelling: equal values
// have equal texts.

// Setter is the value of a flag. Set reads it as it was typed, byte for byte.
type Setter interface{ Set(text string) error }

// OptionalSetter is a value that may be left out: then Set gets "".
type OptionalSetter interface {
	Setter
	IsOptional()
}

// FileSetter is the name of a file. It need not be UTF-8.
type FileSetter interface {
	Setter
	IsFile()
}

// StatsSetter is a list of statistics of sets of readings of a kind.
type StatsSetter interface {
	SetStats(text string, kind agg.Kind) error
}

// ExampleSetter is a value whose error shows examples: those of the tag values of the flag.
type ExampleSetter interface {
	SetLike(text string, examples []string) error
}

// is reports whether the value of a flag implements an interface.
func is[T any](f *kong.Flag) bool {
	_, ok := f.Target.Addr().Interface().(T)
	return ok
}

// grammar returns the parser of the flags of a command. An error is that of a malformed tag.
func grammar(command *Command) (*kong.Kong, error) {
	options := []kong.Option{
		kong.Name(command.Name), kong.NoDefaultHelp(), kong.Exit(func(int) {}),
		kong.KindMapper(reflect.Int, kong.MapperFunc(decodeInt)), kong.KindMapper(reflect.Int64, kong.MapperFunc(decodeInt)),
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeString)),
	}
	decoders := map[reflect.Type]kong.Mapper{}
	findDecoders(reflect.TypeOf(command.Flags).Elem(), command.Stats, decoders)
	for typ, d := range decoders {
		options = append(options, kong.TypeMapper(typ, d))
	}
	k, err := kong.New(command.Flags, options...)
	if err != nil {
		return nil, err
	}
	for _, f := range k.Model.Flags {
		if !isGroup(f.Group) {
			return nil, fmt.Errorf("--%s is in no group, so help would not show it", f.Name)
		}
	}
	return k, nil
}

// isGroup reports whether a group is one of those that help shows.
func isGroup(group *kong.Group) bool {
	return slices.ContainsFunc(groups, func(g struct{ key, title string }) bool { return group != nil && g.key == group.Key })
}

// findDecoders adds the decoders of all types of flags in a struct and those embedded in it.
func findDecoders(flags reflect.Type, kind agg.Kind, decoders map[reflect.Type]kong.Mapper) {
	for i := range flags.NumField() {
		typ := flags.Field(i).Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch reflect.Zero(reflect.PointerTo(typ)).Interface().(type) {
		case OptionalSetter:
			decoders[typ] = optionalDecoder{}
		case Setter:
			decoders[typ] = kong.MapperFunc(decodeValue)
		case StatsSetter:
			decoders[typ] = statsDecoder(kind)
		case ExampleSetter:
			decoders[typ] = kong.MapperFunc(decodeExample)
		default:
			if flags.Field(i).Anonymous {
				findDecoders(typ, kind, decoders)
			}
		}
	}
}

// decodeValue decodes a Setter.
func decodeValue(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	return target.Addr().Interface().(Setter).Set(s)
}

// decodeExample decodes an ExampleSetter.
func decodeExample(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	return target.Addr().Interface().(ExampleSetter).SetLike(s, strings.Fields(ctx.Value.Tag.Get("values")))
}

// statsDecoder returns the decoder of a StatsSetter.
func statsDecoder(kind agg.Kind) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		s, err := pop(ctx)
		if err != nil {
			return err
		}
		return target.Addr().Interface().(StatsSetter).SetStats(s, kind)
	}
}

// optionalDecoder decodes an OptionalSetter.
type optionalDecoder struct{}

// IsBool implements kong.BoolMapper: the flag needs no value.
func (optionalDecoder) IsBool() bool { return true }

// Decode implements kong.Mapper.
func (optionalDecoder) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	text := ""
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		text = ctx.Scan.Pop().String()
	}
	return target.Addr().Interface().(OptionalSetter).Set(text)
}

// LimitError is an error about the size of a value. It follows the flag as a
// verb: "must be at least 1".
type LimitError string

// Error returns the text.
func (e LimitError) Error() string { return string(e) }

// pop returns the value of the flag or argument that is being decoded, byte for byte.
// (Scanner.PopValueInto and kong's own mapper of strings replace bytes that are not
// UTF-8, and so change the names of files.)
func pop(ctx *kong.DecodeContext) (string, error) {
	token, err := ctx.Scan.PopValue(ctx.Value.Name)
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// decodeString reads a text as it is.
func decodeString(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	target.SetString(s)
	return err
}

// decodeInt reads a whole number in base ten, so that 010 is ten. (Kong's own
// mapper reads it as Go does, as eight.) The tags min and max of the flag limit it.
func decodeInt(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(s, 10, target.Type().Bits()) // out of range: the nearest number that is in range
	outside := errors.Is(err, strconv.ErrRange)
	if err != nil && !outside {
		return fmt.Errorf("%q is not a whole number", s)
	}
	lowest, highest := ctx.Value.Tag.Get("min"), ctx.Value.Tag.Get("max")
	least, err1 := strconv.ParseInt(lowest, 10, 64)
	most, err2 := strconv.ParseInt(highest, 10, 64)
	below, above := err1 == nil && n < least, err2 == nil && n > most
	switch {
	case (below || above) && err1 == nil && err2 == nil:
		return LimitError("must be from " + lowest + " to " + highest)
	case below:
		return LimitError("must be at least " + lowest)
	case above:
		return LimitError("must be at most " + highest)
	case outside && n < 0:
		return LimitError(fmt.Sprintf("must be at least %d", n))
	case outside:
		return LimitError(fmt.Sprintf("must be at most %d", n))
	}
	target.SetInt(n)
	return nil
}
