using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Lakehouse.Hosting.Tests.Compatibility;

/// <summary>Public types and members as text: what source code that uses them depends on, names of parameters and defaults included.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<Type> Types(Assembly assembly) =>
        assembly.GetTypes().Where(type => type.IsVisible && type.Namespace is { } space && (space == "Aspire.Hosting" || space.StartsWith("Aspire.Hosting.", StringComparison.Ordinal)));

    /// <summary>The members others can use: public and protected ones.</summary>
    public static IEnumerable<MemberInfo> Members(Type type) => type.GetMembers(Declared).Where(member => member switch
    {
        MethodBase method => IsUsable(method) && (!method.IsSpecialName || method.IsConstructor || method.Name.StartsWith("op_", StringComparison.Ordinal)),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsUsable),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        _ => false,
    });

    public static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"{Access(constructor)} .ctor({Parameters(constructor)})",
        MethodInfo method => $"{Access(method)} {Modifiers(method)}{Name(method.ReturnType)} {method.Name}{Generics(method)}({Parameters(method)}){Constraints(method)}",
        PropertyInfo property => $"{Modifiers(property.GetAccessors(nonPublic: true)[0])}{Name(property.PropertyType)} {property.Name}{Index(property)} {{{Accessors(property)}}}",
        FieldInfo field => $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType)} {field.Name}{(field.IsLiteral ? " = " + field.GetRawConstantValue() : "")}",
        _ => member.ToString()!,
    };

    /// <summary>The kind of a type and what it derives from, as far as those who use it can tell.</summary>
    public static string Describe(Type type)
    {
        string kind = type.IsEnum ? "enum : " + Name(Enum.GetUnderlyingType(type)) : type.IsInterface ? "interface" : type.IsValueType ? (type.IsByRefLike ? "ref struct" : "struct")
            : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsSealed ? "sealed class" : type.IsAbstract ? "abstract class" : "class";
        string derived = type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType ? " : " + Name(parent) : "";
        return $"{kind} {Name(type)}{derived}";
    }

    public static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!) + "&";
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (type.IsGenericParameter)
            return type.Name;
        string name = type.IsNested ? Name(type.DeclaringType!) + "." + type.Name : $"{type.Namespace}.{type.Name}";
        if (!type.IsGenericType)
            return name;
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return $"{(tick < 0 ? name : name[..tick])}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    private static bool IsUsable(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Modifiers(MethodInfo method) =>
        (method.IsStatic ? "static " : "") + (method is { IsVirtual: true, IsFinal: false } && method.DeclaringType is { IsInterface: false, IsSealed: false } ? method.IsAbstract ? "abstract " : "virtual " : "");

    private static string Accessors(PropertyInfo property)
    {
        string text = property.GetMethod is { } getter && IsUsable(getter) ? "get;" : "";
        if (property.SetMethod is { } setter && IsUsable(setter))
            text += setter.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == nameof(IsExternalInit)) ? "init;" : "set;";
        return text + (property.GetCustomAttributesData().Any(attribute => attribute.AttributeType.Name == nameof(RequiredMemberAttribute)) ? "required" : "");
    }

    private static string Index(PropertyInfo property) =>
        property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private static string Constraints(MethodInfo method) => !method.IsGenericMethodDefinition ? "" : string.Concat(method.GetGenericArguments().Select(argument =>
    {
        GenericParameterAttributes special = argument.GenericParameterAttributes & GenericParameterAttributes.SpecialConstraintMask;
        IEnumerable<string> all = argument.GetGenericParameterConstraints().Select(Name).Order(StringComparer.Ordinal);
        return special == 0 && !all.Any() ? "" : $" where {argument.Name} : {string.Join(", ", all)}{(special == 0 ? "" : " " + special)}";
    }));

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string prefix = parameter.IsOut ? "out " : parameter.IsIn ? "in " : "";
        if (parameter.GetCustomAttributesData().Any(attribute => attribute.AttributeType == typeof(ParamArrayAttribute)))
            prefix += "params ";
        if (parameter.Position == 0 && parameter.Member.GetCustomAttributesData().Any(attribute => attribute.AttributeType == typeof(ExtensionAttribute)))
            prefix += "this ";
        string value = !parameter.HasDefaultValue ? "" : parameter.RawDefaultValue switch
        {
            null => " = null",
            string text => $" = \"{text}\"",
            var other => " = " + Convert.ToString(other, CultureInfo.InvariantCulture),
        };
        return $"{prefix}{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }
}
